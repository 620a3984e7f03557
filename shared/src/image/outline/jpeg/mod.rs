//! The outline of a JPEG (ITU T.81, annex B).

use super::{Orientation, Refusal};

mod frame;
mod notes;
mod tables;

use frame::Frame;
pub use notes::JpegColors;
use notes::Notes;

/// The most scans of a progressive JPEG. Others have one for each component, at most.
const MAX_SCANS: usize = 16;

/// The most tables: four of each of three kinds, anew for each scan.
const MAX_TABLES: usize = 12 * MAX_SCANS;

/// What is needed to decode a JPEG.
#[derive(Debug)]
pub struct Jpeg<'a> {
    /// Width and height.
    pub size: [u16; 2],
    /// Whether the components come in several scans of growing precision.
    pub progressive: bool,
    /// For each component, the number of its blocks of 8 × 8 samples.
    pub blocks: Vec<usize>,
    /// What the components mean.
    pub colors: JpegColors,
    /// The ICC profile, or nothing.
    pub profile: Vec<u8>,
    /// How the picture has to be turned.
    pub orientation: Orientation,
    /// What to decode, in this order.
    pub segments: Vec<Segment<'a>>,
}

/// A part of a JPEG.
#[derive(Debug)]
pub enum Segment<'a> {
    /// Tables or the frame's header: a whole marker segment.
    Header(&'a [u8]),
    /// A scan.
    Scan(Scan<'a>),
}

/// A scan of a JPEG.
#[derive(Debug)]
pub struct Scan<'a> {
    /// The header: a whole marker segment.
    pub header: &'a [u8],
    /// The entropy-coded data between restart markers.
    pub intervals: Vec<&'a [u8]>,
    /// The restart marker after each of the intervals but the last one.
    pub restarts: Vec<u8>,
    /// How many bits can follow each other that are no codes but correct coefficients.
    pub corrections: usize,
}

impl<'a> Jpeg<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self, Refusal> {
        let mut walk = Walk { bytes, at: 2 };
        let mut frame: Option<Frame> = None;
        let mut tables = 0;
        let mut scans = 0;
        let mut notes = Notes::default();
        let mut segments = Vec::new();
        // A file may lack the marker of its end. Whether the last scan is whole shows when it is decoded.
        let mut ended = false;
        while let Some(marker) = walk.marker()? {
            if marker == 0xd9 {
                ended = true;
                break;
            }
            let Some(segment) = walk.segment() else {
                break;
            };
            let payload = segment
                .get(4..)
                .ok_or(Refusal::Broken("a segment has no length"))?;
            match marker {
                0xc0..=0xc2 => {
                    if frame.is_some() {
                        return Err(Refusal::Broken("it has two frames"));
                    }
                    frame = Some(Frame::new(payload, marker == 0xc2)?);
                    segments.push(Segment::Header(segment));
                }
                0xc4 | 0xdb | 0xdd => {
                    tables += tables::count(marker, payload)?;
                    if tables > MAX_TABLES {
                        return Err(Refusal::TooMuch("it has too many tables"));
                    }
                    segments.push(Segment::Header(segment));
                }
                0xc3 | 0xc5..=0xcf => return Err(Refusal::Unsupported("its process of JPEG")),
                0xda => {
                    scans += 1;
                    if scans > MAX_SCANS {
                        return Err(Refusal::Scans(MAX_SCANS));
                    }
                    let frame = frame.as_mut();
                    let frame = frame.ok_or(Refusal::Broken("a scan precedes the frame"))?;
                    let (intervals, restarts) = walk.data();
                    let has_restarts = !restarts.is_empty();
                    segments.push(Segment::Scan(Scan {
                        header: segment,
                        intervals,
                        restarts,
                        corrections: frame.begin_scan(payload, has_restarts)?,
                    }));
                }
                0xe0..=0xef => notes.read(marker, payload),
                // Comments, and what is reserved for extensions.
                0xf0..=0xfe => {}
                _ => return Err(Refusal::Broken("it has a marker in the wrong place")),
            }
        }
        let frame = frame
            .filter(|frame| frame.is_whole(ended))
            .ok_or(Refusal::CutOff)?;
        Ok(Self {
            size: frame.size,
            progressive: frame.progressive,
            colors: notes.colors(&frame)?,
            orientation: notes.orientation,
            profile: notes.profile(),
            blocks: frame.blocks(),
            segments,
        })
    }
}

/// A walk over the file.
struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Walk<'a> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Takes a marker. Any number of fill bytes may precede it. `None` at the end of the file.
    fn marker(&mut self) -> Result<Option<u8>, Refusal> {
        if self.peek().is_some_and(|byte| byte != 0xff) {
            return Err(Refusal::Broken("a marker is missing"));
        }
        while self.peek() == Some(0xff) {
            self.at += 1;
        }
        let marker = self.peek();
        self.at += 1;
        Ok(marker)
    }

    /// Takes the segment of the marker just taken, and gives it with the marker. `None` if it isn't whole.
    fn segment(&mut self) -> Option<&'a [u8]> {
        let length = u16::from_be_bytes(*self.bytes.get(self.at..)?.first_chunk()?);
        let start = self.at.checked_sub(2)?;
        let end = self.at + usize::from(length);
        self.at = end;
        self.bytes.get(start..end)
    }

    /// Takes entropy-coded data up to a marker that is no restart. Gives its intervals and the restart markers between
    /// them.
    fn data(&mut self) -> (Vec<&'a [u8]>, Vec<u8>) {
        let (mut intervals, mut restarts) = (Vec::new(), Vec::new());
        let mut start = self.at;
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let data = rest.iter().position(|byte| *byte == 0xff);
            let end = self.at + data.unwrap_or(rest.len());
            self.at = end;
            let marker = self.bytes.get(end + 1);
            match marker {
                // An 0xff of the data, and a fill byte.
                Some(0) => self.at += 2,
                Some(0xff) => self.at += 1,
                _ => {
                    let mut interval = self.bytes.get(start..end).unwrap_or_default();
                    while let [shorter @ .., 0xff] = interval {
                        interval = shorter;
                    }
                    intervals.push(interval);
                    let Some(restart @ 0xd0..=0xd7) = marker else {
                        return (intervals, restarts);
                    };
                    restarts.push(*restart);
                    self.at += 2;
                    start = self.at;
                }
            }
        }
    }
}
