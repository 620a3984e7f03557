//! Tables of a JPEG (B.2.4).

use super::Refusal;

/// Counts the tables in a segment of Huffman codes (`DHT`), quantization steps (`DQT`) or the restart interval.
///
/// # Errors
/// If a segment ends inside of a table, or a code consists only of ones. The standard reserves those (C.2), and the
/// renderer relies on it: decoders fail in a row of ones.
pub(super) fn count(marker: u8, mut payload: &[u8]) -> Result<usize, Refusal> {
    const BROKEN: Refusal = Refusal::Broken("a table is not whole");
    let mut tables = 0;
    while let Some((head, rest)) = payload.split_first() {
        tables += 1;
        let length = match marker {
            0xc4 => values(rest.first_chunk().ok_or(BROKEN)?)? + 16,
            0xdb if head >> 4 == 0 => 64,
            0xdb => 128,
            _ => return Ok(1),
        };
        payload = rest.get(length..).ok_or(BROKEN)?;
    }
    Ok(tables)
}

/// The number of values in a table with this many codes of each length.
fn values(counts: &[u8; 16]) -> Result<usize, Refusal> {
    let mut next_code = 0_u32;
    for (length, count) in (1..).zip(counts) {
        next_code <<= 1;
        next_code += u32::from(*count);
        if *count > 0 && next_code >= 1 << length {
            return Err(Refusal::Broken("a Huffman code consists only of ones"));
        }
    }
    Ok(counts.iter().copied().map(usize::from).sum())
}
