//! What a request asks for beside the avatar's owner. Whatever can't be read counts as absent, as with both services.

use crate::rendering::Size;
use crate::web::Head;

/// The query of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Query {
    /// `s` or `size`.
    pub size: Size,
    /// `d` or `default`.
    pub fallback: Fallback,
    /// `f` or `forcedefault`: whether the fallback is shown in any case.
    pub forced: bool,
}

/// What is shown where there is no avatar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fallback {
    /// Nothing: 404.
    NotFound,
    /// A figure that is the same for all.
    Figure,
    /// A pattern made of the hash.
    Identicon,
    /// The user's initials. Where there is no user, the figure.
    Initials,
    /// A transparent picture.
    Blank,
}

/// The parameters that are read.
const PARAMETERS: [&str; 6] = ["s", "size", "d", "default", "f", "forcedefault"];

impl Query {
    /// The parameters of a request that are read, as a query. Others may be anything, and are not repeated.
    pub(super) fn known_parameters(head: &Head) -> String {
        let known = head
            .query_parameters()
            .filter(|(name, _)| PARAMETERS.contains(&name.as_ref()));
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(known)
            .finish()
    }

    /// The query of a request.
    pub fn of(head: &Head) -> Self {
        let parameters = |names: [&'static str; 2]| {
            names
                .into_iter()
                .filter_map(|name| head.query_parameter(name))
        };
        let size = parameters(["s", "size"]).find_map(|text| size(&text));
        let fallback = parameters(["d", "default"]).find(|text| !text.is_empty());
        let forced = parameters(["f", "forcedefault"]).any(|text| text == "y");
        Self {
            size: size.unwrap_or(Size::DEFAULT),
            fallback: fallback.map_or(Fallback::Figure, |text| Fallback::named(&text)),
            forced,
        }
    }
}

fn size(text: &str) -> Option<Size> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // More than there can be is as good as the largest.
    is_number
        .then(|| text.parse().unwrap_or(u64::MAX))
        .and_then(Size::new)
}

impl Fallback {
    /// The fallback of this name. A URL is never followed: both services have had to stop that.
    fn named(name: &str) -> Self {
        match name {
            "404" => Self::NotFound,
            "identicon" | "retro" | "monsterid" | "wavatar" | "robohash" | "pagan" => {
                Self::Identicon
            }
            "initials" => Self::Initials,
            "blank" => Self::Blank,
            _ => Self::Figure,
        }
    }
}
