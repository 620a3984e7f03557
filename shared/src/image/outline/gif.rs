//! The outline of a GIF (GIF89a), up to the end of its first frame.

use super::{MAX_PIXELS, Refusal, check_pixels};

/// What is needed to decode a GIF's first frame.
#[derive(Debug)]
pub struct Gif<'a> {
    /// Width and height of the canvas.
    pub canvas: [u16; 2],
    /// The frame's left and top edge on the canvas.
    pub offset: [u16; 2],
    /// Width and height of the frame. It may reach beyond the canvas.
    pub frame: [u16; 2],
    /// Whether the frame's rows are stored in four passes.
    pub interlaced: bool,
    /// The frame's colours, three bytes each.
    pub palette: &'a [u8],
    /// The palette's index that is transparent.
    pub transparent: Option<u8>,
    /// The smallest number of bits of a code.
    pub code_size: u8,
    /// The compressed pixels.
    pub data: Vec<u8>,
}

impl<'a> Gif<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self, Refusal> {
        let mut input = Input(bytes);
        let [.., w1, w2, h1, h2, flags, _background, _aspect] = input.array::<13>()?;
        let canvas = [[w1, w2], [h1, h2]].map(u16::from_le_bytes);
        check_pixels(canvas[0], canvas[1], MAX_PIXELS)?;
        let global = input.palette(flags)?;

        let mut transparent = None;
        loop {
            match input.array()? {
                [0x21] => {
                    let [label] = input.array()?;
                    let block = input.block()?;
                    if let (0xf9, [flags, _, _, index]) = (label, block) {
                        transparent = (flags & 1 == 1).then_some(*index);
                    }
                    let mut rest = block;
                    while !rest.is_empty() {
                        rest = input.block()?;
                    }
                }
                [0x2c] => break,
                [0x3b] => return Err(Refusal::Broken("it has no frame")),
                _ => return Err(Refusal::Broken("an unknown block precedes the first frame")),
            }
        }

        let [x1, x2, y1, y2, w1, w2, h1, h2, flags] = input.array()?;
        let frame = [[w1, w2], [h1, h2]].map(u16::from_le_bytes);
        check_pixels(frame[0], frame[1], MAX_PIXELS)?;
        let palette = input.palette(flags)?.or(global);
        let [code_size] = input.array()?;
        if !(1..=8).contains(&code_size) {
            return Err(Refusal::Broken("the size of its codes is not 1 to 8 bits"));
        }
        Ok(Self {
            canvas,
            offset: [[x1, x2], [y1, y2]].map(u16::from_le_bytes),
            frame,
            interlaced: flags & 0x40 != 0,
            palette: palette.ok_or(Refusal::Broken("its first frame has no palette"))?,
            transparent,
            code_size,
            data: input.data(),
        })
    }
}

/// What is left to read.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], Refusal> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Refusal::CutOff)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const LENGTH: usize>(&mut self) -> Result<[u8; LENGTH], Refusal> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(Refusal::CutOff)?;
        self.0 = rest;
        Ok(*taken)
    }

    /// Takes the palette that the flags announce.
    fn palette(&mut self, flags: u8) -> Result<Option<&'a [u8]>, Refusal> {
        if flags & 0x80 == 0 {
            return Ok(None);
        }
        self.take(3 * (2 << (flags & 7))).map(Some)
    }

    /// Takes a sub-block. The last one is empty.
    fn block(&mut self) -> Result<&'a [u8], Refusal> {
        let [length] = self.array()?;
        self.take(length.into())
    }

    /// Takes the data of all sub-blocks. If the file ends before them, the decoder finds out whether a row is missing.
    fn data(&mut self) -> Vec<u8> {
        let mut data = Vec::with_capacity(self.0.len());
        while let Some((length, rest)) = self.0.split_first()
            && *length > 0
        {
            let (block, rest) = rest.split_at(rest.len().min((*length).into()));
            data.extend_from_slice(block);
            self.0 = rest;
        }
        data
    }
}
