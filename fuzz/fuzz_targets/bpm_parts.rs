//! Well-formed multipart bodies: exactly one file is the picture, whatever surrounds it.
#![no_main]

use arbitrary::Arbitrary;
use bytes::Bytes;
use futures::stream;
use libfuzzer_sys::fuzz_target;
use visage::bpm::{Error, upload};
use visage::image::Image;
use visage::web::{self, BrokenOff, shortened};
use visage_fuzz::{PIXEL, assert_image, now};

const BOUNDARY: &str = "----boundary";

#[derive(Debug, Arbitrary)]
struct Body<'b> {
    parts: Vec<Part<'b>>,
    /// The sizes of the body's pieces, repeated in turn.
    pieces: Vec<u8>,
}

#[derive(Debug, Arbitrary)]
struct Part<'b> {
    name: &'b str,
    file_name: Option<&'b str>,
    /// Whether the type is declared correctly.
    declared: Option<bool>,
    content: Content<'b>,
}

#[derive(Debug, Arbitrary)]
enum Content<'b> {
    Pixel,
    Bytes(&'b [u8]),
}

impl Content<'_> {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Pixel => PIXEL,
            Self::Bytes(bytes) => bytes,
        }
    }
}

impl Part<'_> {
    /// Whether the part can be written unambiguously.
    fn is_plain(&self) -> bool {
        let is_plain = |text: &str| !text.contains(|c: char| c.is_control() || "\"\\".contains(c));
        is_plain(self.name)
            && self.file_name.is_none_or(is_plain)
            && !String::from_utf8_lossy(self.content.bytes()).contains("--")
    }

    fn media_type(&self) -> &'static str {
        match self.declared {
            None => "",
            Some(true) => "image/png",
            Some(false) => "image/gif",
        }
    }

    fn write(&self, body: &mut Vec<u8>) {
        let mut head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{}\"",
            self.name
        );
        if let Some(file_name) = self.file_name {
            head += &format!("; filename=\"{file_name}\"");
        }
        if self.declared.is_some() {
            head += &format!("\r\nContent-Type: {}", self.media_type());
        }
        body.extend(head.into_bytes());
        body.extend(b"\r\n\r\n");
        body.extend(self.content.bytes());
        body.extend(b"\r\n");
    }
}

fuzz_target!(|body: Body<'_>| {
    if !body.parts.iter().all(Part::is_plain) {
        return;
    }
    let mut bytes = Vec::new();
    for part in &body.parts {
        part.write(&mut bytes);
    }
    bytes.extend(format!("--{BOUNDARY}--\r\n").into_bytes());

    let outcome = now(upload(
        BOUNDARY.to_owned(),
        stream::iter(pieces(&body.pieces, &bytes)),
    ));
    assert_eq!(outcome, expected(&body.parts));
    if let Ok(image) = outcome {
        assert_image(&image);
    }
});

fn expected(parts: &[Part<'_>]) -> Result<Image, Error> {
    let mut files = parts
        .iter()
        .filter_map(|part| Some((part.file_name?, part)));
    let (name, part) = files.next().ok_or(Error::NoFile)?;
    let image = Image::new(part.content.bytes().to_vec(), part.media_type())
        .map_err(|fault| web::Error::image(shortened(name), fault))?;
    match files.next() {
        None => Ok(image),
        Some(_) => Err(Error::SeveralFiles),
    }
}

fn pieces(sizes: &[u8], mut bytes: &[u8]) -> Vec<Result<Bytes, BrokenOff>> {
    let mut sizes = sizes.iter().filter(|size| **size > 0).cycle();
    let mut pieces = Vec::new();
    while !bytes.is_empty() {
        let size = sizes.next().map_or(bytes.len(), |size| usize::from(*size));
        let (piece, rest) = bytes.split_at(size.min(bytes.len()));
        pieces.push(Ok(Bytes::copy_from_slice(piece)));
        bytes = rest;
    }
    pieces
}
