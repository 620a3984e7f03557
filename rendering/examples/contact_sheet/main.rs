//! Draws `docs/avatars.png`: all kinds of defaults, and the renderings of a folder's pictures, on white and on black.
//!
//! ```sh
//! python3 tests/e2e/clients/avatars.py --write FOLDER
//! cargo run --release -p visage-rendering --example contact_sheet docs/avatars.png FOLDER
//! ```

#![allow(clippy::unwrap_used, reason = "an example may end with a panic")]

mod sheet;

use std::path::{Path, PathBuf};

use sheet::{Picture, draw};
use visage::image::Image;
use visage::rendering::{Rendering, Size};
use visage_rendering::defaults::{figure, identicon, initials};
use visage_rendering::render;

/// Initials in the scripts of the font.
const INITIALS: [&str; 24] = [
    "É", "W", "IJ", "MW", "ÅÖ", "ẤỄ", "ŻŁ", "İŞ", "ΓΩ", "Ά", "ЖЩ", "ЇҚ", "ԱՖ", "თჩ", "גא", "42",
    "Q", "JL", "ŒÆ", "OO", "ÐÞ", "Ж", "KS", "TV",
];

fn main() {
    let paths: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let mut rows = defaults();
    if let Some(folder) = paths.get(1) {
        let renderings: Vec<_> = renderings(folder).collect();
        rows.extend(renderings.chunks(8).map(<[_]>::to_vec));
    }
    std::fs::write(paths.first().unwrap(), draw(&rows)).unwrap();
}

/// The renderings of all files in a folder, by name.
fn renderings(folder: &Path) -> impl Iterator<Item = Picture> {
    let files = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    files.into_iter().map(|file| {
        let image = Image::new(std::fs::read(file).unwrap(), "").unwrap();
        Picture::of(&render(&image, Size::new(48).unwrap()).unwrap())
    })
}

/// The rows of defaults.
fn defaults() -> Vec<Vec<Picture>> {
    let mut rows = vec![
        sizes(figure),
        sizes(|size| initials("AL", size).unwrap()),
        sizes(|size| identicon(b"\x0b\xc8\x3c\xb5", size)),
    ];
    let small = Size::new(48).unwrap();
    let names = INITIALS.map(|letters| Picture::of(&initials(letters, small).unwrap()));
    rows.extend(names.chunks(8).map(<[_]>::to_vec));
    let identicons = |size: Size| (0..=u8::MAX).map(move |n| Picture::of(&identicon(&[n], size)));
    let medium: Vec<_> = identicons(Size::DEFAULT).take(30).collect();
    rows.extend(medium.chunks(5).map(<[_]>::to_vec));
    let tiny: Vec<_> = identicons(Size::new(24).unwrap()).take(26).collect();
    rows.extend(tiny.chunks(13).map(<[_]>::to_vec));
    rows
}

/// One default in several sizes, with a section of the largest.
fn sizes(default: impl Fn(Size) -> Rendering) -> Vec<Picture> {
    let small = [24, 48, 80, 128].map(|pixels| Picture::of(&default(Size::new(pixels).unwrap())));
    let large = Picture::of(&default(Size::MAX));
    small
        .into_iter()
        .chain([large.section(192, 256, 128)])
        .collect()
}
