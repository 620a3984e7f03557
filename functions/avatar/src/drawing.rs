//! What is shown where there is no avatar.

use visage::libravatar::{self, Error, Fallback, Lifetime, Query, Target, Validators};
use visage::user::User;
use visage::web::{Answer, Head};
use visage_rendering::defaults;

/// Later versions may draw other pictures.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The answer in place of an avatar. `user` is the one whom the path leads to.
pub(crate) fn answer(
    head: &Head,
    query: &Query,
    target: &Target,
    user: Option<&User>,
) -> Result<Answer, Error> {
    let size = query.size;
    let letters = user.filter(|_| query.fallback == Fallback::Initials);
    let letters = letters.map(|user| {
        let [name, surname] = [&user.profile.name, &user.profile.surname]
            .map(|name| name.as_deref().unwrap_or_default());
        defaults::letters(name, surname, user.username.as_str())
    });
    let hash = target.name();
    let name = match (query.fallback, &letters) {
        (Fallback::NotFound, _) => return Err(Error::NoAvatar),
        (Fallback::Identicon, _) => format!("identicon-{hash}"),
        (Fallback::Blank, _) => "blank".to_owned(),
        (_, Some(letters)) => format!("initials-{}", code_points(letters)),
        (_, None) => "mp".to_owned(),
    };
    let validators = Validators::of_drawing(&format!("{name}-{VERSION}"), size)?;
    let drawn = (!validators.are_known(head)).then(|| match (query.fallback, letters) {
        (Fallback::Identicon, _) => defaults::identicon(hash.as_bytes(), size),
        (Fallback::Blank, _) => defaults::blank(size),
        (_, Some(letters)) => {
            defaults::initials(&letters, size).unwrap_or_else(|| defaults::figure(size))
        }
        (_, None) => defaults::figure(size),
    });
    Ok(libravatar::picture(drawn, validators, Lifetime::Short))
}

/// A text as an entity tag may have it.
fn code_points(text: &str) -> String {
    let digits: Vec<_> = text
        .chars()
        .map(|letter| format!("{:x}", u32::from(letter)))
        .collect();
    digits.join(".")
}
