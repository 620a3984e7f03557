//! What is shown where there is no avatar, drawn here: a [`figure()`], an [`identicon()`], [`initials()`] or nothing,
//! [`blank`].
//!
//! The same request always gets the same bytes, on all platforms: the curves are drawn with the four operations and
//! roots alone, whose results IEEE 754 fixes. All are PNG, as clients of Libravatar and Gravatar expect. SVG would need
//! no font, but mail clients and forges do not show it.
//!
//! All but the blank are opaque, so they look the same on every background, and hold when a client cuts a circle out.

mod colour;
mod drawing;
mod figure;
mod font;
mod identicon;
mod initials;
mod letters;
mod outline;

pub use figure::figure;
pub use identicon::identicon;
pub use initials::initials;
pub use letters::letters;

use drawing::{Drawing, encode};
use visage::rendering::{Rendering, Size};

/// Draws nothing: a wholly transparent picture.
pub fn blank(size: Size) -> Rendering {
    let side = usize::from(size.pixels());
    encode(size, &[[0; 3]], Some(0), &vec![0; side * side])
}
