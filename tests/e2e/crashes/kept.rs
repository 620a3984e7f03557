//! A writer's knowledge of one value.

/// A value with one writer: the last acknowledged value, and a later one that may have been applied. A crash leaves
/// at most one such open value.
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

    /// Accepts the value found after a crash. Returns `false` if it is neither the acknowledged nor the open one.
    pub(super) fn settle(&mut self, found: T) -> bool {
        let is_right = found == self.acknowledged || self.open.as_ref() == Some(&found);
        *self = Self::new(found);
        is_right
    }
}
