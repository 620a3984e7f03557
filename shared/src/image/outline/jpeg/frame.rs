//! The frame of a JPEG (B.2.2) and the progress of its scans (B.2.3, G.1.1.1).

use super::super::{MAX_BASELINE, MAX_PROGRESSIVE, check_pixels};
use super::Refusal;

/// The most coefficients that scans may correct, counted once for each such scan. With libjpeg's script, 8 megapixels
/// have 33 million, and 20 million if their chrominance is halved in both directions.
const MAX_CORRECTED: usize = 40_000_000;

/// The same if there are restart markers. A decoder takes what is missing before a marker for zeros, so each of these
/// coefficients can cost as much as a code.
const MAX_CORRECTED_WITH_RESTARTS: usize = 20_500_000;

/// A frame.
pub(super) struct Frame {
    pub(super) size: [u16; 2],
    pub(super) progressive: bool,
    components: Vec<Component>,
    corrected: usize,
}

struct Component {
    identifier: u8,
    /// The blocks of 8 × 8 samples, with those that fill up the last units of interleaved scans.
    blocks: usize,
    /// A bit for each coefficient that a scan has begun.
    begun: u64,
    /// A bit for each coefficient that is known to its last bit.
    finished: u64,
}

impl Frame {
    pub(super) fn new(payload: &[u8], progressive: bool) -> Result<Self, Refusal> {
        let [precision, h1, h2, w1, w2, count, components @ ..] = payload else {
            return Err(Refusal::Broken("the frame's header is not whole"));
        };
        if *precision != 8 {
            return Err(Refusal::Unsupported("more than 8 bits of a JPEG's samples"));
        }
        let size = [[*w1, *w2], [*h1, *h2]].map(u16::from_be_bytes);
        let limit = match progressive {
            true => MAX_PROGRESSIVE,
            false => MAX_BASELINE,
        };
        check_pixels(size[0], size[1], limit)?;

        let (components, []) = components.as_chunks::<3>() else {
            return Err(Refusal::Broken("the frame's header is not whole"));
        };
        if components.len() != usize::from(*count) {
            return Err(Refusal::Broken("the frame's header is not whole"));
        }
        let factors = components
            .iter()
            .map(|[_, factors, _]| [factors >> 4, factors & 15]);
        if !factors
            .clone()
            .flatten()
            .all(|factor| (1..=4).contains(&factor))
        {
            return Err(Refusal::Broken("a sampling factor is not 1 to 4"));
        }
        let units = |length: u16, direction: usize| {
            let factors = factors
                .clone()
                .filter_map(|factors| factors.get(direction).copied());
            let largest = factors.max().unwrap_or(1);
            usize::from(length).div_ceil(8 * usize::from(largest))
        };
        let units = units(size[0], 0) * units(size[1], 1);
        let components = components.iter().map(|[identifier, factors, _]| Component {
            identifier: *identifier,
            blocks: units * usize::from(factors >> 4) * usize::from(factors & 15),
            begun: 0,
            finished: 0,
        });
        Ok(Self {
            size,
            progressive,
            components: components.collect(),
            corrected: 0,
        })
    }

    pub(super) fn identifiers(&self) -> Vec<u8> {
        self.components
            .iter()
            .map(|component| component.identifier)
            .collect()
    }

    pub(super) fn blocks(&self) -> Vec<usize> {
        self.components
            .iter()
            .map(|component| component.blocks)
            .collect()
    }

    /// Reads a scan's header. Returns how many bits can follow each other that are no codes but correct coefficients.
    pub(super) fn begin_scan(&mut self, payload: &[u8], restarts: bool) -> Result<usize, Refusal> {
        const BROKEN: Refusal = Refusal::Broken("a scan's header is not whole");
        /// The most blocks that one code can end (G.1.2.2).
        const MAX_RUN: usize = 0x7fff;
        let (count, rest) = payload.split_first().ok_or(BROKEN)?;
        let (selectors, parameters) = rest
            .split_at_checked(2 * usize::from(*count))
            .ok_or(BROKEN)?;
        let [first, last, bits] = *parameters else {
            return Err(BROKEN);
        };
        let (first, last, corrects) = match self.progressive {
            true => (first, last.min(63), bits >> 4 > 0),
            false => (0, 63, false),
        };
        let band = (first..=last).fold(0, |band, coefficient| band | 1_u64 << (coefficient & 63));
        let mut blocks = 0;
        for [identifier, _] in selectors.as_chunks().0 {
            let mut components = self.components.iter_mut();
            let component = components.find(|component| component.identifier == *identifier);
            let component = component.ok_or(Refusal::Broken("a scan has an unknown component"))?;
            if component.begun != 0 && !self.progressive {
                return Err(Refusal::Broken("a component has two scans"));
            }
            component.begun |= band;
            if bits & 15 == 0 {
                component.finished |= band;
            }
            blocks += component.blocks;
        }
        if !corrects {
            return Ok(0);
        }
        let length = usize::try_from(band.count_ones()).unwrap_or(64);
        self.corrected += blocks * length;
        let limit = match restarts {
            true => MAX_CORRECTED_WITH_RESTARTS,
            false => MAX_CORRECTED,
        };
        if self.corrected > limit {
            return Err(Refusal::TooMuch("its scans correct too many coefficients"));
        }
        Ok(blocks.min(MAX_RUN + 1) * length)
    }

    /// Whether all components are there. A progressive picture whose end is marked may leave out coefficients.
    pub(super) fn is_whole(&self, ended: bool) -> bool {
        let needed = match self.progressive && ended {
            true => 1,
            false => u64::MAX,
        };
        self.components.iter().all(|component| {
            let known = if ended {
                component.begun
            } else {
                component.finished
            };
            known & needed == needed
        })
    }
}
