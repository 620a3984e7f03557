//! A JPEG's frame header.

/// Reads a JPEG's width and height from its first frame header, as decoders do (ITU T.81, B.1 and B.2). `imagesize`
/// takes fill bytes and markers without a length for segments, so a file could show it another header than decoders
/// use.
pub(super) fn sides(bytes: &[u8]) -> Option<[usize; 2]> {
    let mut rest = bytes.get(2..)?;
    loop {
        rest = rest.strip_prefix(b"\xff")?;
        while let Some(after_fill) = rest.strip_prefix(b"\xff") {
            rest = after_fill;
        }
        let (marker, segment) = rest.split_first()?;
        match marker {
            // Tables, application data and comments may precede the frame.
            0xc4 | 0xc8 | 0xcc | 0xdb..=0xfe => {
                let (length, _) = segment.split_first_chunk::<2>()?;
                let length = usize::from(u16::from_be_bytes(*length));
                rest = segment.get(length..).filter(|_| length >= 2)?;
            }
            0xc0..=0xcf => {
                let [_, _, _, h1, h2, w1, w2] = *segment.first_chunk::<7>()?;
                let side = |high, low| usize::from(u16::from_be_bytes([high, low]));
                return Some([side(w1, w2), side(h1, h2)]);
            }
            // Other markers, like a scan, cannot precede the frame.
            _ => return None,
        }
    }
}
