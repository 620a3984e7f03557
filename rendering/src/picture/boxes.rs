//! The first step of scaling down, while a picture is decoded row by row: every box of some pixels becomes their mean.

use visage::rendering::Size;

/// The central square of a picture, in boxes of pixels. Rows come in any order, as interlaced files have them. What no
/// row covers is transparent.
pub(super) struct Boxes {
    /// The square's side, and the coordinates of its corner in the picture, in pixels.
    side: usize,
    left: usize,
    top: usize,
    /// The side of a box, in pixels. Those of the last row and column can be smaller.
    length: usize,
    /// The boxes in a row.
    count: usize,
    /// For each box, the sums of its pixels' channels. Each is multiplied by alpha, or by 255.
    sums: Vec<[u32; 4]>,
}

/// What channels are multiplied by if they aren't by alpha.
const FULL: u32 = 255;

impl Boxes {
    /// Boxes for a picture of this width and height, so many that there are at most twice as many as the rendering
    /// has pixels a side. Below 128 a side, more boxes would gain nothing, and the sums could overflow.
    pub(super) fn new([width, height]: [u16; 2], size: Size) -> Self {
        let [width, height] = [width, height].map(usize::from);
        let side = width.min(height);
        let length = side
            .div_ceil((2 * usize::from(size.pixels())).max(128))
            .max(1);
        let count = side.div_ceil(length);
        Self {
            side,
            left: (width - side) / 2,
            top: (height - side) / 2,
            length,
            count,
            sums: vec![[0; 4]; count * count],
        }
    }

    /// Adds pixels of a row of the picture: those from the column `x` on, `step` columns apart. `color` makes red,
    /// green, blue and alpha of each.
    pub(super) fn add<P: Copy>(
        &mut self,
        y: usize,
        [x, step]: [usize; 2],
        pixels: &[P],
        color: impl Fn(P) -> [u8; 4],
    ) {
        // Colours count as much as they are visible.
        self.add_weighted(y, [x, step], pixels, |pixel| {
            let [red, green, blue, alpha] = color(pixel).map(u32::from);
            [red * alpha, green * alpha, blue * alpha, FULL * alpha]
        });
    }

    /// Adds a whole row of four channels, none of them alpha.
    pub(super) fn add_inks(&mut self, y: usize, pixels: &[[u8; 4]], ink: impl Fn(u8) -> u8) {
        self.add_weighted(y, [0, 1], pixels, |pixel| {
            pixel.map(|channel| FULL * u32::from(ink(channel)))
        });
    }

    fn add_weighted<P: Copy>(
        &mut self,
        y: usize,
        [x, step]: [usize; 2],
        pixels: &[P],
        weighted: impl Fn(P) -> [u32; 4],
    ) {
        let Some(y) = y.checked_sub(self.top).filter(|y| *y < self.side) else {
            return;
        };
        let add = |sums: &mut [u32; 4], pixel: [u32; 4]| {
            for (sum, channel) in sums.iter_mut().zip(pixel) {
                *sum += channel;
            }
        };
        let start = y / self.length * self.count;
        let boxes = self
            .sums
            .get_mut(start..start + self.count)
            .unwrap_or_default();
        let columns = self.left..self.left + self.side;
        if let ([0, 1], Some(square)) = ([x, step], pixels.get(columns)) {
            for (sums, pixels) in boxes.iter_mut().zip(square.chunks(self.length)) {
                let mut sum = [0; 4];
                for pixel in pixels {
                    add(&mut sum, weighted(*pixel));
                }
                add(sums, sum);
            }
            return;
        }
        let columns = (x..).step_by(step).map(|x| x.wrapping_sub(self.left));
        for (pixel, x) in pixels.iter().zip(columns) {
            // Left of the square, `x` is larger too.
            if x < self.side
                && let Some(sums) = boxes.get_mut(x / self.length)
            {
                add(sums, weighted(*pixel));
            }
        }
    }

    /// The number of boxes in a row.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// The square's side, in boxes: not whole if the last ones are smaller.
    pub(super) fn side(&self) -> f64 {
        self.side as f64 / self.length as f64
    }

    /// The mean of each box, four channels each. Red, green and blue are multiplied by alpha.
    pub(super) fn means(self) -> Vec<u8> {
        // The pixels of a side of the box in this row or column.
        let pixels = |index: usize| (self.side - index * self.length).min(self.length);
        let mut means = Vec::with_capacity(4 * self.sums.len());
        for (y, row) in self.sums.chunks(self.count).enumerate() {
            for (x, sums) in row.iter().enumerate() {
                let whole = FULL * u32::try_from(pixels(x) * pixels(y)).unwrap_or(u32::MAX);
                means.extend(sums.map(|sum| ((sum + whole / 2) / whole) as u8));
            }
        }
        means
    }
}
