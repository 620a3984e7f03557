//! Breaks requests.

use fastrand::Rng;
use visage_tests::Request;

/// No DELETE: it would remove what other requests need.
const METHODS: [&str; 9] = [
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "PATCH",
    "OPTIONS",
    "TRACE",
    "put",
    "VERSION-CONTROL",
];

const CONTENT_TYPES: [&str; 14] = [
    "",
    "application/json",
    "application/json; charset=utf-8",
    "application/json;",
    "application/x-www-form-urlencoded",
    "application/xml",
    "image/png",
    "multipart/form-data",
    "multipart/form-data; boundary=",
    "multipart/form-data; boundary=\"limit",
    "multipart/form-data; boundary=other",
    "multipart/mixed; boundary=limit",
    "text/plain; charset=\"",
    "/",
];

const IN_A_PATH: [&str; 14] = [
    "%00", "%0a", "%20", "%2f", "%2F..%2F", "%25", "%41", "%C3%A9", "%C3", "%FF%FE", "%", "%zz",
    "/", "/../",
];

const IN_A_HEADER: [&str; 12] = [
    "!",
    "\"",
    "(",
    ",",
    ";",
    "=",
    "\\",
    "\t",
    "0",
    "aZ",
    "é",
    "\u{1f426}\u{feff}",
];

const QUERIES: [&str; 9] = [
    "?",
    "?accept=application/xml",
    "?accept=%FF",
    "?accept=application/x-javascript&callback=run",
    "?accept=application/x-javascript&callback=1);alert(",
    "?callback",
    "?federationMode=true&avatar=%00",
    "?startIndex=-1&count=99999999999999999999",
    "?X-HTTP-Method-Override=DELETE%20",
];

const VALUES: [&str; 16] = [
    "null",
    "true",
    "0",
    "-1",
    "1e999",
    "18446744073709551616",
    "0.1",
    "\"\"",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "[]",
    "{}",
    "[null]",
    "{\"\":{}}",
    "\"data:image/png;base64,AAAA\"",
    "\"\u{202e}\u{fffe}\"",
];

/// Changes one to three things in the request. It remains an HTTP message.
pub(super) fn request(mut request: Request, rng: &mut Rng) -> Request {
    for _ in 0..rng.u8(1..=3) {
        match rng.u8(..20) {
            0..=6 => flip_bits(&mut request.body, rng),
            7 | 8 => request.body.truncate(rng.usize(..=request.body.len())),
            9 => insert(&mut request.body, &random_bytes(rng, 64), rng),
            10 => request.body = random_bytes(rng, 4096),
            11..=13 => replace_a_value(&mut request.body, rng),
            14 => replace_a_value_by_nesting(&mut request.body, rng),
            15 => replace_content_type(&mut request, rng),
            16 => change_a_header(&mut request, rng),
            17 => change_the_path(&mut request.target, rng),
            18 => request.target += rng.choice(QUERIES).unwrap_or_default(),
            _ => match rng.u8(..8) {
                0 => request.body = long(rng).into(),
                1 => {
                    request.body =
                        format!("{{\"user\":{{\"username\":\"{}\"}}}}", long(rng)).into();
                }
                _ => rng
                    .choice(METHODS)
                    .unwrap_or_default()
                    .clone_into(&mut request.method),
            },
        }
    }
    request
}

/// Breaks bytes of the request anywhere except in the `Host` line. Spin itself checks that line, and that headers are
/// UTF-8, and answers 500: such a request never reaches the application.
pub(super) fn message(request: &Request, host: &str, rng: &mut Rng) -> Vec<u8> {
    let bytes = request.encode(host);
    let line = bytes
        .iter()
        .position(|&byte| byte == b'\n')
        .map_or(0, |end| end + 1);
    let (mut first, rest) = (bytes[..line].to_vec(), &bytes[line..]);
    let (host, rest) = rest.split_at(
        rest.iter()
            .position(|&byte| byte == b'\n')
            .map_or(0, |end| end + 1),
    );
    let mut rest = rest.to_vec();
    match rng.u8(..4) {
        0 => flip_bits(&mut first, rng),
        1 => flip_bits(&mut rest, rng),
        2 => insert(&mut rest, &random_bytes(rng, 32), rng),
        _ => rest.truncate(rng.usize(..=rest.len())),
    }
    let mut bytes = [first.as_slice(), host, &rest].concat();
    let head = bytes
        .windows(4)
        .position(|end| end == b"\r\n\r\n")
        .unwrap_or(bytes.len());
    for byte in &mut bytes[..head] {
        *byte &= 0x7f;
    }
    bytes
}

fn flip_bits(bytes: &mut [u8], rng: &mut Rng) {
    if !bytes.is_empty() {
        for _ in 0..rng.u8(1..=4) {
            let at = rng.usize(..bytes.len());
            bytes[at] ^= 1 << rng.u8(..8);
        }
    }
}

fn insert(bytes: &mut Vec<u8>, more: &[u8], rng: &mut Rng) {
    let at = rng.usize(..=bytes.len());
    bytes.splice(at..at, more.iter().copied());
}

/// A text, possibly longer than any limit.
fn long(rng: &mut Rng) -> String {
    "a".repeat(rng.usize(..1_200_000))
}

fn random_bytes(rng: &mut Rng, most: usize) -> Vec<u8> {
    let length = rng.usize(..=most);
    std::iter::repeat_with(|| rng.u8(..)).take(length).collect()
}

fn replace_a_value(body: &mut Vec<u8>, rng: &mut Rng) {
    let value = rng.choice(VALUES).unwrap_or_default();
    put_value(body, value.as_bytes(), rng);
}

fn replace_a_value_by_nesting(body: &mut Vec<u8>, rng: &mut Rng) {
    let depth = rng.usize(..100_000);
    let (open, close) = if rng.bool() {
        ("[", "]")
    } else {
        ("{\"a\":", "}")
    };
    let close = if rng.bool() {
        close.repeat(depth)
    } else {
        String::new()
    };
    put_value(
        body,
        format!("{}1{close}", open.repeat(depth)).as_bytes(),
        rng,
    );
}

/// Replaces the text after one of the colons, up to the next comma or bracket.
fn put_value(body: &mut Vec<u8>, value: &[u8], rng: &mut Rng) {
    let colons: Vec<_> = body
        .iter()
        .enumerate()
        .filter(|&(_, &byte)| byte == b':')
        .map(|(at, _)| at + 1)
        .collect();
    if let Some(&from) = rng.choice(&colons) {
        let length = body[from..]
            .iter()
            .position(|byte| b",]}".contains(byte))
            .unwrap_or(body.len() - from);
        body.splice(from..from + length, value.iter().copied());
    }
}

fn replace_content_type(request: &mut Request, rng: &mut Rng) {
    request.headers.retain(|(name, _)| name != "Content-Type");
    if rng.bool() {
        let content_type = rng.choice(CONTENT_TYPES).unwrap_or_default();
        request
            .headers
            .push(("Content-Type".into(), content_type.into()));
    }
}

/// Drops a header, repeats it, or inserts a character that a header may contain.
fn change_a_header(request: &mut Request, rng: &mut Rng) {
    if request.headers.is_empty() {
        return;
    }
    let at = rng.usize(..request.headers.len());
    match rng.u8(..4) {
        0 => drop(request.headers.remove(at)),
        1 => request.headers.push(request.headers[at].clone()),
        _ => {
            let value = &mut request.headers[at].1;
            let mut text = String::from_utf8_lossy(value).into_owned();
            let at = text.floor_char_boundary(rng.usize(..=text.len()));
            text.insert_str(at, rng.choice(IN_A_HEADER).unwrap_or_default());
            *value = text.into();
        }
    }
}

fn change_the_path(target: &mut String, rng: &mut Rng) {
    let slashes: Vec<_> = target.match_indices('/').map(|(at, _)| at + 1).collect();
    let at = rng.choice(slashes).unwrap_or_default();
    match rng.u8(..8) {
        0 => target.insert_str(at, &"a".repeat(rng.usize(..2000))),
        1 => target.truncate(at),
        _ => target.insert_str(at, rng.choice(IN_A_PATH).unwrap_or_default()),
    }
}
