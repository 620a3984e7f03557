//! Pictures that tell hashes apart.

use sha2::{Digest, Sha256};
use visage::rendering::{Rendering, Size};

use super::Drawing;
use super::colour::harmony;
use super::drawing::draw;
use super::outline::{DISC, HALF, LEAF, Outline, QUARTER, REST, SQUARE, TRIANGLE};

/// What a tile can be.
const SHAPES: [&Outline; 8] = [SQUARE, QUARTER, TRIANGLE, LEAF, DISC, QUARTER, REST, HALF];

/// The columns and rows of tiles.
const TILES: usize = 4;

/// Draws an ornament of 4 × 4 tiles in a harmony of three colours, the right half as the left one's mirror image. It
/// is a function of the hash alone, which can be of any length and in any form, such as a user's id.
pub fn identicon(hash: &[u8], size: Size) -> Rendering {
    // Hashed again, as an id starts with many zeros.
    let [hue, rest @ ..]: [u8; 32] = Sha256::digest(hash).into();
    let [other, tiles @ ..] = rest;
    let (ground, inks) = harmony(hue, other);
    let mut drawing = Drawing::new(size, ground, inks);
    let [first, second] = &mut drawing.rasters;
    let edges = edges(size);
    let places = (0..TILES).flat_map(|row| (0..TILES / 2).map(move |column| (row, column)));
    for ((row, column), choice) in places.zip(tiles) {
        // Bits 0 to 2 choose the shape, 3 and 4 how it is turned, 5 and 6 whether it is there and in which ink.
        let Some(shape) = SHAPES.get(usize::from(choice & 7)) else {
            continue;
        };
        let turns = choice >> 3 & 3;
        let raster = match choice >> 5 & 3 {
            0 => continue,
            1 => &mut *second,
            _ => &mut *first,
        };
        for (column, flipped) in [(column, false), (TILES - 1 - column, true)] {
            let (Some([left, right]), Some([top, bottom])) = (edges.get(column), edges.get(row))
            else {
                continue;
            };
            draw(raster, shape, flipped, |at| {
                let [x, y] = (0..turns).fold(at, |[x, y], _| [1.0 - y, x]);
                let x = if flipped { 1.0 - x } else { x };
                [left + x * (right - left), top + y * (bottom - top)]
            });
        }
    }
    drawing.finish()
}

/// Where the columns begin and end, and the rows. All but the middle are on whole pixels, for sharp edges.
fn edges(size: Size) -> [[f32; 2]; TILES] {
    let side = f32::from(size.pixels());
    let quarter = (side / 4.0 + 0.5).floor();
    let [middle, last] = [side / 2.0, side - quarter];
    [
        [0.0, quarter],
        [quarter, middle],
        [middle, last],
        [last, side],
    ]
}
