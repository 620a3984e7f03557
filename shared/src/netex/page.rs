//! Which users a list shows: `?startIndex=&count=`.

use crate::web::{self, Head};

/// The most users of one answer, and as many as there are without a `count`.
const MAX_COUNT: usize = 500;

/// A page of the users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// How many users stand before it.
    pub start: usize,
    /// The most users on it.
    pub count: usize,
}

impl Page {
    /// The page that a request asks for.
    ///
    /// # Errors
    /// [`web::Error::Invalid`] for what is not a number from 0.
    pub fn of(head: &Head) -> Result<Self, web::Error> {
        let number = |name: &'static str| {
            head.query_parameter(name)
                .map(|text| {
                    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
                    // More than there can be is as good as more than there are.
                    digits
                        .then(|| text.parse().unwrap_or(usize::MAX))
                        .ok_or_else(|| web::Error::invalid(name, "must be a number from 0"))
                })
                .transpose()
        };
        Ok(Self {
            start: number("startIndex")?.unwrap_or(0),
            count: number("count")?.unwrap_or(MAX_COUNT).min(MAX_COUNT),
        })
    }
}
