//! The plain figure of a person.

use visage::rendering::{Rendering, Size};

use super::Drawing;
use super::colour::{FIGURE, FIGURE_GROUND};
use super::drawing::draw;
use super::outline::{DISC, Point};

/// Draws head and shoulders, in grey, as `mp` and `mm` of Gravatar ("mystery person").
pub fn figure(size: Size) -> Rendering {
    let side = f32::from(size.pixels());
    let mut drawing = Drawing::new(size, FIGURE_GROUND, [FIGURE]);
    let [raster] = &mut drawing.rasters;
    let mut disc = |[x, y]: Point, [width, height]: Point| {
        draw(raster, DISC, false, |at| {
            [
                side * (x + width * (at[0] - 0.5)),
                side * (y + height * (at[1] - 0.5)),
            ]
        });
    };
    disc([0.5, 0.38], [0.38, 0.38]);
    // The shoulders go on below the picture.
    disc([0.5, 1.0], [0.8, 0.7]);
    drawing.finish()
}
