//! The pictures that stand in for avatars, as clients decode them.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a panic is how a test fails"
)]

use std::collections::HashMap;
use std::io::Cursor;

use png::{Decoder, Transformations};
use sha2::{Digest, Sha256};
use visage::image::{Format, Image};
use visage::rendering::{Rendering, Size};
use visage_rendering::defaults::{blank, figure, identicon, initials, letters};

fn size(pixels: u64) -> Size {
    Size::new(pixels).unwrap()
}

/// A picture's pixels, row by row.
fn decode(rendering: &Rendering) -> (usize, Vec<[u8; 4]>) {
    assert_eq!(rendering.format, Format::Png);
    let mut decoder = Decoder::new(Cursor::new(&rendering.bytes));
    decoder.set_transformations(Transformations::EXPAND | Transformations::ALPHA);
    let mut reader = decoder.read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut bytes).unwrap();
    reader.finish().unwrap();
    assert_eq!(frame.width, frame.height);
    let (pixels, []) = bytes.as_chunks() else {
        panic!("the last pixel is cut off");
    };
    (frame.width as usize, pixels.to_vec())
}

/// The types of a PNG's chunks.
fn chunks(file: &[u8]) -> Vec<String> {
    let mut rest = &file[8..];
    let mut types = Vec::new();
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        types.push(String::from_utf8(after[..4].to_vec()).unwrap());
        rest = &after[4 + u32::from_be_bytes(*length) as usize + 4..];
    }
    types.dedup();
    types
}

fn all(size: Size) -> [Rendering; 5] {
    [
        figure(size),
        identicon(b"0123456789abcdef", size),
        initials("A", size).unwrap(),
        initials("ẤЖ", size).unwrap(),
        blank(size),
    ]
}

#[test]
fn every_size_is_a_picture_that_is_taken_as_an_avatar() {
    for pixels in 1..=512 {
        for rendering in all(size(pixels)) {
            let (side, decoded) = decode(&rendering);
            assert_eq!(side as u64, pixels);
            assert_eq!(decoded.len() as u64, pixels * pixels);
            Image::new(rendering.bytes, "image/png").unwrap();
        }
    }
}

#[test]
fn nothing_but_the_picture_is_in_the_file() {
    for pixels in [1, 80, 512] {
        let [opaque @ .., blank] = all(size(pixels));
        for rendering in opaque {
            assert_eq!(chunks(&rendering.bytes), ["IHDR", "PLTE", "IDAT", "IEND"]);
            assert!(rendering.bytes.len() < 16_000);
        }
        assert_eq!(
            chunks(&blank.bytes),
            ["IHDR", "PLTE", "tRNS", "IDAT", "IEND"]
        );
    }
}

#[test]
fn only_the_blank_is_transparent() {
    for pixels in [1, 2, 3, 24, 80, 512] {
        let [opaque @ .., blank] = all(size(pixels));
        for rendering in opaque {
            assert!(decode(&rendering).1.iter().all(|[.., alpha]| *alpha == 255));
        }
        assert!(decode(&blank).1.iter().all(|[.., alpha]| *alpha == 0));
    }
}

/// A look that has changed is shown by the contact sheet: draw `docs/avatars.png` again and look at it.
#[test]
fn the_same_request_gets_the_same_picture_for_good() {
    let hash = base16ct::lower::decode_vec("0bc83cb571cd1c50ba6f3e8a78ef1346").unwrap();
    let pinned = [
        (
            figure(size(24)),
            "03897cab667d246b8e956f8d85c5b09198f110bf71076bc36d5f38f0f878c986",
        ),
        (
            figure(size(80)),
            "bb057e4de6288a34f57787ecc3e720932890b3ffc43a790e4d63829b4e072e11",
        ),
        (
            identicon(&hash, size(24)),
            "28f71026e0b68bcc67122a90136c92ddac5f5cce1e1f76b11a24c889a6e6da9d",
        ),
        (
            identicon(&hash, size(81)),
            "a0c7ea5224ce958eba254db15fb4ba7eb4537a20a72c20616dd26afc96931ac6",
        ),
        (
            identicon(&hash, size(512)),
            "13a761f58cf2c008f911e16f06530069aae190226ffbaa6a5e10634c378525d1",
        ),
        (
            initials("AL", size(24)).unwrap(),
            "1aed075c5da42ea41896b1858f48378aef3a2ea5becebabe58b02cf67311ff17",
        ),
        (
            initials("Ễ", size(80)).unwrap(),
            "1abe96abe0ec6381bb2abd6ff4f007e89e50bcd0848477dbfe397265733a5fdc",
        ),
        (
            initials("ЖΩ", size(512)).unwrap(),
            "27ae43dcc6f658c76db3923c6c8c700eebf45a392388a068730c325837942971",
        ),
        (
            blank(size(80)),
            "c65206769723a13afe80c0d925531639ceef9c2eb97eee3b1b542739ec40597f",
        ),
    ];
    let digest = |(rendering, _): &(Rendering, _)| {
        base16ct::lower::encode_string(&Sha256::digest(decode(rendering).1.as_flattened()))
    };
    let digests: Vec<_> = pinned.iter().map(digest).collect();
    assert_eq!(digests, pinned.map(|(_, digest)| digest));
}

#[test]
fn ten_thousand_identicons_differ() {
    let mut seen = HashMap::new();
    for number in 0..10_000u32 {
        // Hashes differ in all bits, ids in a few of the first 16 digits.
        let digest: [u8; 32] = Sha256::digest(number.to_be_bytes()).into();
        let hash = match number % 3 {
            0 => digest.to_vec(),
            1 => digest[..16].to_vec(),
            _ => format!("{number:016x}{:016x}", 0).into_bytes(),
        };
        let (_, pixels) = decode(&identicon(&hash, size(80)));
        let digest = Sha256::digest(pixels.as_flattened());
        assert_eq!(seen.insert(digest, hash), None);
    }
}

/// The colours of two pictures at the same of 8 × 8 places differ, on average, by this part of what is possible.
fn distance(one: &[[u8; 4]], other: &[[u8; 4]]) -> f64 {
    let (one, other) = (one.as_flattened(), other.as_flattened());
    let sum: u64 = one
        .iter()
        .zip(other)
        .map(|(a, b)| u64::from(a.abs_diff(*b)))
        .sum();
    sum as f64 / (255.0 * 0.75 * one.len() as f64)
}

#[test]
fn identicons_are_told_apart_at_a_glance() {
    let pictures: Vec<_> = (0..1000u32)
        .map(|number| decode(&identicon(&number.to_be_bytes(), size(8))).1)
        .collect();
    let mut distances = Vec::new();
    for (index, one) in pictures.iter().enumerate() {
        distances.extend(pictures[..index].iter().map(|other| distance(one, other)));
    }
    distances.sort_by(f64::total_cmp);
    let quantile = |part: f64| distances[(part * distances.len() as f64) as usize];
    println!(
        "closest {:.3}, one in 10,000 {:.3}, one in 100 {:.3}, median {:.3}",
        distances[0],
        quantile(0.0001),
        quantile(0.01),
        quantile(0.5)
    );
    assert!(distances[0] > 0.03);
    assert!(quantile(0.5) > 0.2);
}

#[test]
fn identicons_are_symmetrical() {
    for pixels in [24, 50, 81, 512] {
        let (side, pixels) = decode(&identicon(b"symmetry", size(pixels)));
        for row in pixels.chunks(side) {
            for (left, right) in row.iter().zip(row.iter().rev()) {
                // The rounding of sums may make a step's difference at an edge.
                let close = left.iter().zip(right).all(|(a, b)| a.abs_diff(*b) <= 17);
                assert!(close, "{left:?} {right:?}");
            }
        }
    }
}

#[test]
fn letters_are_the_initials_in_upper_case() {
    let cases = [
        ("Ada", "Lovelace", "x", "AL"),
        ("ada", "lovelace", "x", "AL"),
        ("Ada", "", "x", "A"),
        ("", "Lovelace", "x", "L"),
        ("", "", "grace", "G"),
        ("", "", "grace.hopper", "GH"),
        ("", "", "grace_b-hopper", "GB"),
        ("", "", "grace@example.org", "G"),
        ("", "", "grace.hopper@example.org", "GH"),
        ("", "", "@example.org", "EO"),
        ("", "", "42", "4"),
        ("-", "…", "grace", "G"),
        ("", "", "~", ""),
        (" (Ada)", "'t Hooft", "x", "AT"),
        // As two characters, and as one.
        ("e\u{301}lodie", "\u{e9}mile", "x", "\u{c9}\u{c9}"),
        ("A\u{302}\u{301}n", "ễ", "x", "ẤỄ"),
        // No letter is composed of these.
        ("q\u{303}", "", "x", "Q"),
        ("ǰ", "", "x", "J"),
        ("ßa", "ﬁ", "x", "SF"),
        ("ŉ", "", "x", "N"),
        ("ʻAlohi", "ʼn", "x", "AN"),
        ("ílay", "ığdır", "x", "ÍI"),
        ("ώρα", "ΐ", "x", "ΏΪ"),
        ("жанна", "їжак", "x", "ЖЇ"),
        ("անի", "", "x", "Ա"),
        ("თამარ", "ჩიქოვანი", "x", "თჩ"),
        ("נועה", "כהן", "x", "נכ"),
        ("李", "明", "x", "李明"),
        // Syllables of Korean are composed too.
        ("\u{1112}\u{1161}\u{11ab}", "", "x", "한"),
    ];
    for (name, surname, username, expected) in cases {
        assert_eq!(
            letters(name, surname, username),
            expected,
            "{name} {surname} {username}"
        );
    }
}

#[test]
fn the_font_has_the_letters_of_these_scripts_and_no_others() {
    let alphabets = [
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
        "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞŒŠŸŽẞ",
        "ĀĂĄĆĈĊČĎĐĒĔĖĘĚĜĞĠĢĤĦĨĪĬĮİĴĶĹĻĽĿŁŃŅŇŊŌŎŐŔŖŘŚŜŞŢŤŦŨŪŬŮŰŲŴŶŹŻȘȚƏ",
        "ƠƯẠẢẤẦẨẪẬẮẰẲẴẶẸẺẼẾỀỂỄỆỈỊỌỎỐỒỔỖỘỚỜỞỠỢỤỦỨỪỬỮỰỲỴỶỸ",
        "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩΆΈΉΊΌΎΏΪΫ",
        "АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯЁЂЃЄЅІЇЈЉЊЋЌЎЏҐӘҒҚҢӨҰҮҺ",
        "ԱԲԳԴԵԶԷԸԹԺԻԼԽԾԿՀՁՂՃՄՅՆՇՈՉՊՋՌՍՎՏՐՑՒՓՔՕՖ",
        "აბგდევზთიკლმნოპჟრსტუფქღყშჩცძწჭხჯჰ",
        "אבגדהוזחטיכלמנסעפצקרשת",
    ];
    for letter in alphabets.iter().flat_map(|alphabet| alphabet.chars()) {
        let rendering = initials(&letter.to_string(), size(160));
        let (side, pixels) = decode(&rendering.unwrap_or_else(|| panic!("{letter} is absent")));
        let white = |pixel: &&[u8; 4]| **pixel == [255; 4];
        let inked = pixels.iter().filter(white).count();
        assert!(
            inked > side * side / 100,
            "{letter} has {inked} white pixels"
        );
    }
    for absent in [
        "", "ABC", "李", "한", "ع", "अ", "a", "?", " ", "\0", "A\u{301}", "A李", "😀",
    ] {
        assert_eq!(initials(absent, size(80)), None, "{absent}");
    }
}

/// Letters that Unicode writes with two characters, from name to picture.
#[test]
fn accents_that_follow_a_letter_are_drawn() {
    let drawn = |name| initials(&letters(name, "", "x"), size(80)).unwrap();
    assert_eq!(drawn("e\u{301}lodie"), drawn("Élodie"));
    assert_ne!(drawn("e\u{301}lodie"), drawn("Elodie"));
}

/// The contrast of white to a colour, by the Web Content Accessibility Guidelines.
fn contrast_to_white([r, g, b]: [u8; 3]) -> f64 {
    let linear = |part: u8| {
        let part = f64::from(part) / 255.0;
        if part <= 0.04045 {
            part / 12.92
        } else {
            ((part + 0.055) / 1.055).powf(2.4)
        }
    };
    let luminance = 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
    1.05 / (luminance + 0.05)
}

#[test]
fn letters_are_readable_on_every_ground() {
    let mut grounds = HashMap::new();
    for first in 'A'..='Z' {
        for second in 'A'..='Z' {
            let rendering = initials(&format!("{first}{second}"), size(8)).unwrap();
            let [r, g, b, _] = decode(&rendering).1[0];
            *grounds.entry([r, g, b]).or_insert(0) += 1;
        }
    }
    assert_eq!(grounds.len(), 16);
    for (ground, uses) in grounds {
        assert!(contrast_to_white(ground) >= 4.5, "{ground:?}");
        assert!(uses >= 20, "{ground:?} is used {uses} times");
    }
}

#[test]
fn initials_stay_within_the_circle_that_clients_cut_out() {
    for letters in [
        "W", "Ẫ", "ჭ", "MW", "ЖЩ", "ŒÆ", "ẤỄ", "ŻÇ", "ŞŢ", "ՖՖ", "ჭჯ",
    ] {
        for pixels in [24, 80, 512] {
            let (side, pixels) = decode(&initials(letters, size(pixels)).unwrap());
            let ground = pixels[0];
            for (index, pixel) in pixels.iter().enumerate() {
                let place = [index % side, index / side];
                let from_middle = place.map(|at| at as f64 + 0.5 - side as f64 / 2.0);
                let [x, y] = from_middle;
                let outside = x.hypot(y) > side as f64 / 2.0;
                assert!(
                    !outside || *pixel == ground,
                    "{letters} at {place:?} of {side}"
                );
            }
        }
    }
}
