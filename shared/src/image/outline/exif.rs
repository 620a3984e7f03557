//! The orientation in Exif data.

/// How a stored picture has to be turned, and mirrored before that, to be upright (Exif 2.32, 4.6.4, tag 274).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Orientation {
    /// Whether rows and columns change places. It happens first.
    pub transposed: bool,
    /// Whether left and right change places.
    pub mirrored: bool,
    /// Whether top and bottom change places.
    pub flipped: bool,
}

impl Orientation {
    /// Reads the orientation from Exif data, which has the form of a TIFF file. Whatever isn't understood is upright:
    /// viewers ignore broken Exif data.
    pub(super) fn read(tiff: &[u8]) -> Self {
        Self::tag(tiff).map(Self::from_tag).unwrap_or_default()
    }

    fn tag(tiff: &[u8]) -> Option<u16> {
        let big = match tiff.get(..4)? {
            b"MM\0\x2a" => true,
            b"II\x2a\0" => false,
            _ => return None,
        };
        let short = |at: usize| {
            let bytes = *tiff.get(at..)?.first_chunk()?;
            Some(if big {
                u16::from_be_bytes(bytes)
            } else {
                u16::from_le_bytes(bytes)
            })
        };
        let [first, second] = [short(4)?, short(6)?].map(usize::from);
        let directory = if big {
            first << 16 | second
        } else {
            second << 16 | first
        };
        let entries = usize::from(short(directory)?);
        let mut entries = (0..entries).map_while(|entry| directory.checked_add(2 + 12 * entry));
        let orientation = entries.find(|entry| short(*entry) == Some(0x0112))?;
        short(orientation.checked_add(8)?)
    }

    fn from_tag(tag: u16) -> Self {
        let [transposed, mirrored, flipped] = match tag {
            2 => [false, true, false],
            3 => [false, true, true],
            4 => [false, false, true],
            5 => [true, false, false],
            6 => [true, true, false],
            7 => [true, true, true],
            8 => [true, false, true],
            _ => [false; 3],
        };
        Self {
            transposed,
            mirrored,
            flipped,
        }
    }
}
