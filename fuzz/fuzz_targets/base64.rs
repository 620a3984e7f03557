//! Pictures in base64. Every accepted spelling gives the same picture.
#![no_main]

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use libfuzzer_sys::fuzz_target;
use visage::image::{Image, ImageFault};
use visage::web::Error;
use visage_fuzz::{assert_image, assert_refusal};

fuzz_target!(|input: &str| {
    let (declared, text) = input.split_once('\n').unwrap_or(("", input));
    match Image::from_base64(text, declared) {
        Ok(image) => {
            assert_image(&image);
            for engine in [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD] {
                let digits = engine.encode(image.bytes());
                let data_url = format!("data:{};base64,{digits}", image.format().media_type());
                for text in [digits, data_url] {
                    assert_eq!(Image::from_base64(&text, declared).as_ref(), Ok(&image));
                }
            }
            let digits = text.rsplit(',').next().unwrap_or_default();
            assert!(!digits.contains(char::is_whitespace));
            assert!(Image::from_base64(text, "image/tiff").is_err());
        }
        Err(fault) => {
            assert_refusal(&Error::image("image", fault));
            // The declared type is checked last.
            let undeclared = Image::from_base64(text, "");
            assert!(undeclared == Err(fault) || fault == ImageFault::Contradicted);
        }
    }
});
