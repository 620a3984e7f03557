//! The embedded font.

use ttf_parser::{GlyphId, OutlineBuilder, RawFace, Rect, Tag};
use ttf_parser::{cmap, glyf, head, hhea, hmtx, loca, maxp};

/// `font/README.md` says which letters it has.
const FILE: &[u8] = include_bytes!("../../font/initials.ttf");

/// The height of capitals, in units of the font.
pub(super) const CAPITALS: f32 = 714.0;

/// The tables that initials need. `ttf_parser::Face` would bring the code for all others into the component: 47 KB.
pub(super) struct Font {
    characters: cmap::Subtable<'static>,
    outlines: glyf::Table<'static>,
    widths: hmtx::Table<'static>,
}

impl Font {
    /// Reads the tables. `None` if the font is broken, which the tests rule out.
    pub(super) fn new() -> Option<Self> {
        let face = RawFace::parse(FILE, 0).ok()?;
        let table = |tag| face.table(Tag::from_bytes(tag));
        let glyphs = maxp::Table::parse(table(b"maxp")?)?.number_of_glyphs;
        let format = head::Table::parse(table(b"head")?)?.index_to_location_format;
        let widths = hhea::Table::parse(table(b"hhea")?)?.number_of_metrics;
        let places = loca::Table::parse(glyphs, format, table(b"loca")?)?;
        let mut maps = cmap::Table::parse(table(b"cmap")?)?.subtables.into_iter();
        Some(Self {
            characters: maps.find(cmap::Subtable::is_unicode)?,
            outlines: glyf::Table::parse(places, table(b"glyf")?)?,
            widths: hmtx::Table::parse(widths, glyphs, table(b"hmtx")?)?,
        })
    }

    /// The glyph of a letter. `None` if there is none.
    pub(super) fn glyph(&self, letter: char) -> Option<GlyphId> {
        self.characters.glyph_index(u32::from(letter))
    }

    /// The width of a glyph with the space around it.
    pub(super) fn width(&self, glyph: GlyphId) -> Option<u16> {
        self.widths.advance(glyph)
    }

    /// The box around a glyph's ink.
    pub(super) fn bounds(&self, glyph: GlyphId) -> Option<Rect> {
        self.outlines.bbox(glyph)
    }

    /// Draws a glyph.
    pub(super) fn outline(&self, glyph: GlyphId, builder: &mut dyn OutlineBuilder) {
        self.outlines.outline(glyph, builder);
    }
}
