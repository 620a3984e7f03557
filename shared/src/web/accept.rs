//! Which of several forms a client likes best (RFC 9110, 12.5).
//!
//! Read here and not by a crate: those there are refuse or skip what Java sends, a bare `*`.

use std::cmp::Reverse;

/// The form that an `Accept` header likes best, as its place in `offers`; each offer is a list of media types that
/// mean the same. Of several with one weight it is the one named more exactly, then the one named first, then the
/// one offered first. `None` where none is accepted.
pub fn best(accept: &str, offers: &[&[&str]]) -> Option<usize> {
    let ranges: Vec<Entry<'_>> = entries(accept).collect();
    let liked = offers.iter().enumerate().filter_map(|(offer, names)| {
        let matching = ranges.iter().enumerate().filter_map(|(position, range)| {
            let exactness = exactness(range.name, names)?;
            Some((exactness, Reverse(position), range.weight))
        });
        // The most exact range says how much an offer is liked.
        let (exactness, position, weight) = matching.max()?;
        let rank = (weight, exactness, position, Reverse(offer));
        (weight > 0).then_some((rank, offer))
    });
    liked.max().map(|(_, offer)| offer)
}

/// Whether an `Accept-Encoding` header lets a body be sent as it is.
pub fn allows_identity(accept_encoding: &str) -> bool {
    let weight_of = |name: &str| {
        entries(accept_encoding).find_map(|entry| {
            entry
                .name
                .eq_ignore_ascii_case(name)
                .then_some(entry.weight)
        })
    };
    let weight = weight_of("identity").or_else(|| weight_of("*"));
    weight.is_none_or(|weight| weight > 0)
}

/// How exactly a media range names one of these media types; `None` where it doesn't. A bare `*`, which older JDKs
/// send, is `*/*`.
fn exactness(range: &str, names: &[&str]) -> Option<u8> {
    if matches!(range, "*" | "*/*") {
        return Some(0);
    }
    let exactness = |name: &&str| {
        if range.eq_ignore_ascii_case(name) {
            return Some(2);
        }
        let range_type = range.strip_suffix("/*")?;
        let (name_type, _) = name.split_once('/')?;
        range_type.eq_ignore_ascii_case(name_type).then_some(1)
    };
    names.iter().filter_map(exactness).max()
}

/// An entry of a header: `text/xml;q=0.5`.
struct Entry<'h> {
    /// What it names, without parameters.
    name: &'h str,
    /// How much that is liked, in millionths; 0 is not at all.
    weight: u32,
}

fn entries(header: &str) -> impl Iterator<Item = Entry<'_>> {
    split(header, ',').map(|entry| {
        let mut parts = split(entry, ';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let weight = parts.find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            let is_weight = name.trim_end().eq_ignore_ascii_case("q");
            is_weight.then(|| weight(value.trim_start().trim_matches('"')))
        });
        Entry {
            name,
            weight: weight.unwrap_or(MAX_WEIGHT),
        }
    })
}

/// Splits a text at each separator that stands in no quoted string.
fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(move |character| {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => return character == separator && !quoted,
        }
        false
    })
}

/// The weight 1, in millionths. RFC 9110 has three decimals, some clients write more.
const MAX_WEIGHT: u32 = 1_000_000;

/// A weight from 0 to 1 in millionths. Older JDKs leave out the zero before the point. What can't be read counts as 1:
/// the client has named what it stands at.
fn weight(text: &str) -> u32 {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let has_digits = !whole.is_empty() || !decimals.is_empty();
    let readable = has_digits
        && matches!(whole, "" | "0" | "1")
        && decimals.bytes().all(|decimal| decimal.is_ascii_digit());
    match format!("{whole:0>1}{decimals:0<6.6}").parse() {
        Ok(weight @ 0..=MAX_WEIGHT) if readable => weight,
        _ => MAX_WEIGHT,
    }
}
