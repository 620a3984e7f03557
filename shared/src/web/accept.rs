//! Which of several forms a client likes best (RFC 9110, 12.5).

use std::cmp::Reverse;

use mediatype::{MediaType, MediaTypeList, Name, ReadParams as _};

/// The form that an `Accept` header likes best, as its place in `offers`; each offer is a list of media types that
/// mean the same. Of several with one quality it is the one named more exactly, then the one named first, then the
/// one offered first. `None` where none is accepted.
pub fn best(accept: &str, offers: &[&[&str]]) -> Option<usize> {
    let ranges: Vec<(usize, MediaType<'_>)> = MediaTypeList::new(accept)
        .enumerate()
        .filter_map(|(position, range)| Some((position, range.ok()?)))
        .collect();
    let liked = offers.iter().enumerate().filter_map(|(offer, names)| {
        let matching = ranges.iter().filter_map(|(position, range)| {
            Some((exactness(range, names)?, Reverse(*position), quality(range)))
        });
        // The most exact range says how much an offer is liked.
        let (exactness, position, quality) = matching.max()?;
        let rank = (quality, exactness, position, Reverse(offer));
        (quality > 0).then_some((rank, offer))
    });
    liked.max().map(|(_, offer)| offer)
}

/// How exactly a range names one of these media types; `None` where it doesn't.
fn exactness(range: &MediaType<'_>, names: &[&str]) -> Option<u8> {
    let subtype = match range.suffix {
        Some(suffix) => format!("{}+{suffix}", range.subty),
        None => range.subty.to_string(),
    };
    let exactness = |name: &&str| {
        let (name_type, name_subtype) = name.split_once('/').unwrap_or_default();
        let same_type = range.ty.as_str().eq_ignore_ascii_case(name_type);
        match subtype.as_str() {
            "*" if range.ty.as_str() == "*" => Some(0),
            "*" if same_type => Some(1),
            _ if same_type && subtype.eq_ignore_ascii_case(name_subtype) => Some(2),
            _ => None,
        }
    };
    names.iter().filter_map(exactness).max()
}

/// The quality of a range in thousandths: 1,000 where it names none.
fn quality(range: &MediaType<'_>) -> u16 {
    range
        .get_param(Name::new_unchecked("q"))
        .map_or(1000, |value| thousandths(&value.unquoted_str()))
}

/// A quality value: 0 or 1, with up to three decimals. What is none is as good as 0.
fn thousandths(text: &str) -> u16 {
    let (whole, decimals) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let digits = format!("{whole}{decimals:0<3}");
    match digits.parse() {
        Ok(quality @ 0..=1000) if whole.len() == 1 && digits.len() == 4 => quality,
        _ => 0,
    }
}

/// Whether an `Accept-Encoding` header lets a body be sent as it is.
pub fn allows_identity(accept_encoding: &str) -> bool {
    let quality_of = |name: &str| {
        accept_encoding.split(',').find_map(|entry| {
            let mut parts = entry.split(';').map(str::trim);
            let coding = parts.next()?;
            let quality =
                parts.find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")));
            coding
                .eq_ignore_ascii_case(name)
                .then(|| quality.map_or(1000, thousandths))
        })
    };
    let quality = quality_of("identity").or_else(|| quality_of("*"));
    quality.unwrap_or(1000) > 0
}
