//! The outline of a PNG (PNG, third edition). Of an animated one, the default image.

use super::{MAX_PIXELS, Orientation, Refusal, check_pixels};

/// The most bytes of all rows, before compression: those of 16 megapixels of 8-bit RGBA, and the rows' filters.
const MAX_ROWS: u64 = 4 * MAX_PIXELS + 0x1_0000;

/// What encoders of sRGB write as its gamma, 1/2.2 (11.3.2.5).
const SRGB_GAMMA: u32 = 45_455;

/// The chromaticities of sRGB (11.3.2.5).
const SRGB: [u32; 8] = [
    31_270, 32_900, 64_000, 33_000, 30_000, 60_000, 15_000, 6_000,
];

/// What is needed to decode a PNG.
#[derive(Debug)]
pub struct Png<'a> {
    /// Width and height.
    pub size: [u16; 2],
    /// Whether the rows are stored in seven passes.
    pub interlaced: bool,
    /// Whether the pixels are grey.
    pub grey: bool,
    /// The chunks to decode, whole: the header, the palette, the transparent colours and the compressed rows.
    pub chunks: Vec<&'a [u8]>,
    /// What the colours mean.
    pub profile: Option<Profile<'a>>,
    /// How the picture has to be turned.
    pub orientation: Orientation,
}

/// What the colours of a PNG mean, if they are not sRGB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile<'a> {
    /// An ICC profile, compressed with zlib.
    Compressed(&'a [u8]),
    /// The exponent for encoding, times 100,000, and the chromaticities, in this order and likewise: x and y of white,
    /// red, green and blue.
    Gamma(u32, [u32; 8]),
}

impl<'a> Png<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self, Refusal> {
        let mut rest = bytes.get(8..).ok_or(Refusal::CutOff)?;
        let header = Chunk::take(&mut rest).ok_or(Refusal::CutOff)?;
        let Header {
            size,
            depth,
            color,
            interlaced,
        } = Header::read(&header)?;

        let mut found = Chunks::default();
        while let Some(chunk) = Chunk::take(&mut rest)
            && chunk.kind != b"IEND"
        {
            found.sort(chunk);
        }
        // A chunk that is cut off behind the rows doesn't matter. Rows that are cut off do.
        if found.rows.is_empty() || rest.get(4..8) == Some(b"IDAT") {
            return Err(Refusal::CutOff);
        }

        let palette = match (color, found.palette) {
            (3, Some(palette)) if matches!(palette.data.as_chunks::<3>(), ([_, ..], [])) => {
                Some(palette)
            }
            (3, _) => return Err(Refusal::Broken("it has no palette of whole colours")),
            _ => None,
        };
        let transparent = found.transparent.filter(|transparent| match color {
            0 => transparent.data.len() == 2,
            2 => transparent.data.len() == 6,
            3 => palette.is_some_and(|palette| transparent.data.len() <= palette.data.len() / 3),
            _ => false,
        });
        let samples = match color {
            2 => 3,
            4 => 2,
            6 => 4,
            _ => 1,
        };
        let [width, height] = size.map(u64::from);
        // The passes of an interlaced picture have less than twice as many rows, each with a few bits of padding.
        if height * (width * samples * u64::from(depth)).div_ceil(8) > MAX_ROWS {
            return Err(Refusal::TooMuch("its rows are of more than 64 MiB"));
        }
        let chunks = [Some(header), palette, transparent];
        let chunks = chunks.into_iter().flatten().chain(found.rows);
        Ok(Self {
            size,
            interlaced,
            grey: color & 3 == 0,
            chunks: chunks.map(|chunk| chunk.whole).collect(),
            profile: found.colours.profile(),
            orientation: found.exif.map(Orientation::read).unwrap_or_default(),
        })
    }
}

struct Header {
    size: [u16; 2],
    depth: u8,
    color: u8,
    interlaced: bool,
}

impl Header {
    fn read(chunk: &Chunk<'_>) -> Result<Self, Refusal> {
        let (b"IHDR", Ok(data)) = (chunk.kind, chunk.data.try_into()) else {
            return Err(Refusal::Broken("its first chunk is no header"));
        };
        let [
            w1,
            w2,
            w3,
            w4,
            h1,
            h2,
            h3,
            h4,
            depth,
            color,
            _,
            _,
            interlace,
        ]: [u8; 13] = data;
        let [width, height] = [[w1, w2, w3, w4], [h1, h2, h3, h4]].map(u32::from_be_bytes);
        let side = |side: u32| u16::try_from(side).unwrap_or(u16::MAX);
        let size = [side(width), side(height)];
        check_pixels(size[0], size[1], MAX_PIXELS)?;
        Ok(Self {
            size,
            depth,
            color,
            interlaced: interlace != 0,
        })
    }
}

/// The first chunk of each kind that matters.
#[derive(Default)]
struct Chunks<'a> {
    palette: Option<Chunk<'a>>,
    transparent: Option<Chunk<'a>>,
    rows: Vec<Chunk<'a>>,
    exif: Option<&'a [u8]>,
    colours: Colours<'a>,
}

/// The chunks about colours, in descending order of precedence.
#[derive(Default)]
struct Colours<'a> {
    icc: Option<&'a [u8]>,
    srgb: bool,
    gamma: Option<u32>,
    chromaticities: Option<[u32; 8]>,
}

impl<'a> Chunks<'a> {
    fn sort(&mut self, chunk: Chunk<'a>) {
        let Chunk { data, .. } = chunk;
        match chunk.kind {
            b"PLTE" => _ = self.palette.get_or_insert(chunk),
            b"tRNS" => _ = self.transparent.get_or_insert(chunk),
            b"IDAT" if !data.is_empty() => self.rows.push(chunk),
            b"eXIf" => _ = self.exif.get_or_insert(data),
            b"iCCP" => {
                // The profile's name comes first, and after it a byte for the method of compression.
                let name = data.iter().position(|byte| *byte == 0);
                self.colours.icc = name.and_then(|end| data.get(end + 2..));
            }
            b"sRGB" => self.colours.srgb = true,
            b"gAMA" => self.colours.gamma = data.try_into().ok().map(u32::from_be_bytes),
            b"cHRM" if data.len() == 32 => {
                let (numbers, _) = data.as_chunks();
                let mut numbers = numbers.iter().copied().map(u32::from_be_bytes);
                self.colours.chromaticities = Some([(); 8].map(|()| numbers.next().unwrap_or(0)));
            }
            _ => {}
        }
    }
}

impl<'a> Colours<'a> {
    fn profile(self) -> Option<Profile<'a>> {
        if let Some(icc) = self.icc {
            return Some(Profile::Compressed(icc));
        }
        let gamma = self.gamma.filter(|_| !self.srgb)?;
        let chromaticities = self.chromaticities.unwrap_or(SRGB);
        let is_srgb = gamma == SRGB_GAMMA && chromaticities == SRGB;
        (!is_srgb).then_some(Profile::Gamma(gamma, chromaticities))
    }
}

#[derive(Clone, Copy)]
struct Chunk<'a> {
    kind: &'a [u8],
    data: &'a [u8],
    /// Length, kind, data and checksum.
    whole: &'a [u8],
}

impl<'a> Chunk<'a> {
    /// Takes the first of the chunks, if it is whole.
    fn take(chunks: &mut &'a [u8]) -> Option<Self> {
        let length = u32::from_be_bytes(*chunks.first_chunk()?);
        let (whole, rest) =
            chunks.split_at_checked(usize::try_from(length).ok()?.checked_add(12)?)?;
        *chunks = rest;
        let data = whole.get(8..whole.len() - 4)?;
        let kind = whole.get(4..8)?;
        Some(Self { kind, data, whole })
    }
}
