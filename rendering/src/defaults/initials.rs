//! Letters on a coloured ground.

use ab_glyph_rasterizer::{Point, Rasterizer, point};
use sha2::{Digest, Sha256};
use ttf_parser::{GlyphId, OutlineBuilder, Rect};
use visage::rendering::{Rendering, Size};

use super::Drawing;
use super::colour::{WHITE, ground};
use super::font::{CAPITALS, Font};

/// The height of capitals, as a part of the picture's side: of one letter, and of two.
const HEIGHTS: [f32; 2] = [0.42, 0.34];

/// The largest distance of a letter from the middle, as a part of the picture's side. A circle that is cut out of the
/// picture has 0.5.
const REACH: f32 = 0.4;

/// Draws one or two letters in white, on a ground whose colour depends on the letters. They are drawn as they are: see
/// [`letters`](super::letters()). `None` if there are none or more, or the font lacks one.
pub fn initials(letters: &str, size: Size) -> Option<Rendering> {
    let font = Font::new()?;
    let mut glyphs = letters
        .chars()
        .map(|letter| font.glyph(letter))
        .collect::<Option<Vec<_>>>()?;
    let part = HEIGHTS.get(glyphs.len().checked_sub(1)?)?;
    if letters.starts_with(|first| ('\u{5d0}'..='\u{5ea}').contains(&first)) {
        // Hebrew is read from right to left.
        glyphs.reverse();
    }
    let line = Line::of(&font, &glyphs)?;
    let [digest, ..]: [u8; 32] = Sha256::digest(letters).into();
    let side = f32::from(size.pixels());
    let mut drawing = Drawing::new(size, ground(digest), [WHITE]);

    let scale = side * (part / CAPITALS).min(REACH / line.reach());
    // Capitals are whole pixels high and stand on a pixel's edge, for sharp edges.
    let tall = (scale * CAPITALS + 0.5).floor().max(1.0);
    let scale = tall / CAPITALS;
    let baseline = ((side + tall) / 2.0).floor();
    let left = side / 2.0 - scale * (line.left + line.right) / 2.0;
    let [raster] = &mut drawing.rasters;
    for (glyph, x) in line.glyphs {
        let mut pen = Pen {
            raster,
            origin: point(left + scale * x, baseline),
            scale,
            start: Point::default(),
            at: Point::default(),
        };
        font.outline(glyph, &mut pen);
    }
    Some(drawing.finish())
}

/// Glyphs side by side, in units of the font.
struct Line {
    glyphs: Vec<(GlyphId, f32)>,
    left: f32,
    right: f32,
}

impl Line {
    fn of(font: &Font, glyphs: &[GlyphId]) -> Option<Self> {
        let mut x = 0.0;
        let mut line = Self {
            glyphs: Vec::new(),
            left: f32::MAX,
            right: f32::MIN,
        };
        for glyph in glyphs.iter().copied() {
            let Rect { x_min, x_max, .. } = font.bounds(glyph)?;
            line.left = line.left.min(x + f32::from(x_min));
            line.right = line.right.max(x + f32::from(x_max));
            line.glyphs.push((glyph, x));
            x += f32::from(font.width(glyph)?);
        }
        Some(line)
    }

    /// The distance from the middle of capitals to their corners.
    fn reach(&self) -> f32 {
        let width = self.right - self.left;
        (width * width + CAPITALS * CAPITALS).sqrt() / 2.0
    }
}

/// Draws a glyph.
struct Pen<'a> {
    raster: &'a mut Rasterizer,
    origin: Point,
    scale: f32,
    start: Point,
    at: Point,
}

impl Pen<'_> {
    fn place(&self, x: f32, y: f32) -> Point {
        point(
            self.origin.x + self.scale * x,
            self.origin.y - self.scale * y,
        )
    }
}

impl OutlineBuilder for Pen<'_> {
    fn move_to(&mut self, x: f32, y: f32) {
        self.at = self.place(x, y);
        self.start = self.at;
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let end = self.place(x, y);
        self.raster.draw_line(self.at, end);
        self.at = end;
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let end = self.place(x, y);
        self.raster.draw_quad(self.at, self.place(x1, y1), end);
        self.at = end;
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let end = self.place(x, y);
        self.raster
            .draw_cubic(self.at, self.place(x1, y1), self.place(x2, y2), end);
        self.at = end;
    }

    fn close(&mut self) {
        self.raster.draw_line(self.at, self.start);
        self.at = self.start;
    }
}
