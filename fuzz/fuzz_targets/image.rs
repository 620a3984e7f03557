//! Headers of pictures. The input is the declared type, a line end and the bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use visage::image::{Image, ImageFault, MAX_BYTES};
use visage::web::Error;
use visage_fuzz::{assert_image, assert_refusal};

fuzz_target!(|input: &[u8]| {
    let end = input.iter().position(|byte| *byte == b'\n').unwrap_or(0);
    let (declared, bytes) = (&input[..end], input.get(end + 1..).unwrap_or_default());
    let declared = String::from_utf8_lossy(declared);
    match Image::new(bytes.to_vec(), &declared) {
        Ok(image) => {
            assert_eq!(image.bytes(), bytes);
            assert_image(&image);
            assert_eq!(Image::new(bytes.to_vec(), "").as_ref(), Ok(&image));
            let tiff = Image::new(bytes.to_vec(), "image/tiff");
            assert_eq!(tiff, Err(ImageFault::Contradicted));
        }
        Err(fault) => {
            assert_refusal(&Error::image("image", fault));
            assert_eq!(fault == ImageFault::Empty, bytes.is_empty());
            assert_eq!(fault == ImageFault::TooLarge, bytes.len() > MAX_BYTES);
        }
    }
});
