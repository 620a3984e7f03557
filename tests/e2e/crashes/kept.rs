//! What a writer knows of one value.

/// A value with one writer: what was acknowledged last, and what came after and may have been applied. In a crash that
/// is at most one value.
pub(super) struct Kept<T> {
    pub(super) acknowledged: T,
    pub(super) open: Option<T>,
}

impl<T: PartialEq> Kept<T> {
    pub(super) fn new(value: T) -> Self {
        Self {
            acknowledged: value,
            open: None,
        }
    }

    /// Settles on what is found, which says what became of the open value; `false` where it is neither.
    pub(super) fn settle(&mut self, found: T) -> bool {
        let is_right = found == self.acknowledged || self.open.as_ref() == Some(&found);
        *self = Self::new(found);
        is_right
    }
}
