//! Multipart bodies of any bytes. The outcome doesn't depend on how a body is cut into pieces. The input is a
//! request; the first byte of its body says how to cut the rest.
#![no_main]

use bytes::Bytes;
use futures::stream;
use libfuzzer_sys::fuzz_target;
use visage::bpm::{self, Error};
use visage::image::Image;
use visage::web::BrokenOff;
use visage_fuzz::{assert_answer, assert_image, now, request};

fuzz_target!(|input: &[u8]| {
    let Some((head, body)) = request(input) else {
        return;
    };
    let (Ok(boundary), Some((cut, body))) = (bpm::boundary(&head), body.split_first()) else {
        return;
    };
    let whole = upload(&boundary, body, body.len());
    match &whole {
        Ok(image) => {
            assert_image(image);
            assert!(
                body.windows(image.bytes().len())
                    .any(|window| window == image.bytes())
            );
        }
        Err(error) => {
            let answer = bpm::refuse(&head, error, true);
            assert!(answer.status().is_client_error(), "{error:?}");
            assert_answer(&answer);
        }
    }
    let pieces = upload(&boundary, body, usize::from(*cut));
    assert_eq!(whole, pieces, "another outcome in pieces of {cut}");

    // A truncated body is no complete picture.
    let broken = stream::iter([Ok(Bytes::copy_from_slice(body)), Err(BrokenOff)]);
    let broken = now(bpm::upload(boundary, broken));
    assert!(broken.is_err() || broken == whole);
});

fn upload(boundary: &str, body: &[u8], size: usize) -> Result<Image, Error> {
    let pieces: Vec<_> = body
        .chunks(size.max(1))
        .map(|piece| Ok(Bytes::copy_from_slice(piece)))
        .collect();
    now(bpm::upload(boundary.to_owned(), stream::iter(pieces)))
}
