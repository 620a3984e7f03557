//! Which letters are a person's initials.

use icu_normalizer::ComposingNormalizerBorrowed;

/// Picks the initials: the first letters of name and surname, or of the one that is there, else of the first two words
/// of the user name before an `@`. Words of a user name are separated by anything that is no letter. Digits count as letters.
///
/// The letters are in upper case and composed. Accents that Unicode has no composed letter for are left out. Returns at
/// most two letters, and none if there is not one to find.
pub fn letters(name: &str, surname: &str, username: &str) -> String {
    let named: String = [name, surname].into_iter().filter_map(first).collect();
    if !named.is_empty() {
        return named;
    }
    let account = username.split('@').find(|part| !part.is_empty());
    let words = account.unwrap_or_default().split(['.', '_', '-', '+']);
    words.filter_map(first).take(2).collect()
}

/// The first letter or digit, in upper case.
fn first(text: &str) -> Option<char> {
    let nfc = ComposingNormalizerBorrowed::new_nfc();
    let composed = nfc.normalize(text);
    let letter = composed.chars().find(|c| is_initial(*c))?;
    // Georgian has capitals only for texts that are wholly in capitals.
    if matches!(letter, '\u{10d0}'..='\u{10ff}') {
        return Some(letter);
    }
    // What has no single capital, such as "ŉ", is composed once more.
    let upper: String = letter.to_uppercase().collect();
    nfc.normalize(&upper).chars().find(|c| is_initial(*c))
}

/// Whether a character is a letter or a digit, but no modifier such as the ʻokina, which can start a name.
fn is_initial(character: char) -> bool {
    character.is_alphanumeric() && !matches!(character, '\u{2b0}'..='\u{2ff}')
}
