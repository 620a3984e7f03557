//! The pictures that requests send, by name.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::root;

/// Returns the bytes for a name:
///
/// - `avatar.png`: the file in `tests/fixtures`.
/// - `8192x1.png`, `.jpg`, `.gif`: the start of a picture with this width and height, without pixels.
/// - `'text'`: the text itself.
/// - Any of them with `@524288`: cut or padded with zeros to exactly this length. Image readers ignore the padding.
///
/// # Errors
/// If there is nothing of that name.
pub fn bytes(name: &str) -> Result<Vec<u8>, String> {
    if let Some((name, length)) = name.rsplit_once('@') {
        let mut bytes = bytes(name)?;
        bytes.resize(
            length
                .parse()
                .map_err(|_| format!("{length} is not a length"))?,
            0,
        );
        return Ok(bytes);
    }
    if let Some(text) = name
        .strip_prefix('\'')
        .and_then(|name| name.strip_suffix('\''))
    {
        return Ok(text.into());
    }
    if let Some(bytes) = beginning(name) {
        return Ok(bytes);
    }
    std::fs::read(root().join("tests/fixtures").join(name))
        .map_err(|error| format!("the fixture {name}: {error}"))
}

/// Returns the bytes of a picture that exists.
#[must_use]
pub fn picture(name: &str) -> Vec<u8> {
    bytes(name).unwrap_or_else(|error| panic!("{error}"))
}

/// Returns a picture as padded standard base64.
#[must_use]
pub fn base64(name: &str) -> String {
    STANDARD.encode(picture(name))
}

fn beginning(name: &str) -> Option<Vec<u8>> {
    let (size, format) = name.split_once('.')?;
    let (width, height) = size.split_once('x')?;
    let (width, height): (u16, u16) = (width.parse().ok()?, height.parse().ok()?);
    Some(match format {
        "png" => {
            let mut header = b"IHDR\0\0".to_vec();
            header.extend(width.to_be_bytes());
            header.extend(b"\0\0");
            header.extend(height.to_be_bytes());
            header.extend(b"\x08\x02\0\0\0");
            let checksum = crc32(&header);
            [
                b"\x89PNG\r\n\x1a\n\0\0\0\x0d",
                header.as_slice(),
                &checksum,
                b"\0\0\0\0IEND\xae\x42\x60\x82",
            ]
            .concat()
        }
        "jpg" => {
            let (width, height) = (width.to_be_bytes(), height.to_be_bytes());
            [
                b"\xff\xd8\xff\xc0\0\x11\x08",
                &height[..],
                &width,
                b"\x03\x01\x11\0\x02\x11\0\x03\x11\0\xff\xd9",
            ]
            .concat()
        }
        "gif" => [
            b"GIF89a",
            &width.to_le_bytes()[..],
            &height.to_le_bytes(),
            b"\0\0\0;",
        ]
        .concat(),
        _ => return None,
    })
}

/// Computes the checksum of a PNG chunk.
fn crc32(bytes: &[u8]) -> [u8; 4] {
    let mut sum = u32::MAX;
    for &byte in bytes {
        sum ^= u32::from(byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 {
                (sum >> 1) ^ 0xedb8_8320
            } else {
                sum >> 1
            };
        }
    }
    (!sum).to_be_bytes()
}
