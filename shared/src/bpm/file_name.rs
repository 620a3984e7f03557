//! The name of an uploaded file. A part of a form is a file if it has one.

use percent_encoding::percent_decode_str;

/// Reads the `filename` in a `Content-Disposition` header (RFC 7578), or `filename*`, which some clients send instead
/// (RFC 5987). multer's own result depends on the parameters' order and letter case, and fails outside UTF-8.
pub(super) fn file_name(content_disposition: &[u8]) -> Option<String> {
    let header = String::from_utf8_lossy(content_disposition);
    let mut plain = None;
    let mut extended = None;
    let mut rest = header.split_once(';')?.1;
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=')?;
        let (value, after) = value(after.trim_start());
        let name = name.trim();
        if name.eq_ignore_ascii_case("filename") {
            plain = Some(value);
        } else if name.eq_ignore_ascii_case("filename*") {
            // charset'language'percent-encoded
            let encoded = value.splitn(3, '\'').nth(2).unwrap_or_default();
            extended = Some(percent_decode_str(encoded).decode_utf8_lossy().into_owned());
        }
        rest = after;
    }
    plain.or(extended)
}

/// Reads a parameter's value, quoted or not. Returns it with the text after its semicolon.
fn value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let (token, after) = text.split_once(';').unwrap_or((text, ""));
        return (token.trim().to_owned(), after);
    };
    let mut value = String::new();
    let mut characters = quoted.chars();
    loop {
        match characters.next() {
            None | Some('"') => break,
            // Only quotes are escaped. Any other backslash belongs to a Windows path.
            Some('\\') if characters.as_str().starts_with('"') => {
                value.extend(characters.next());
            }
            Some(character) => value.push(character),
        }
    }
    let after = characters.as_str().split_once(';').unwrap_or_default().1;
    (value, after)
}
