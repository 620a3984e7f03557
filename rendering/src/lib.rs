//! Draws avatars in a given size: pictures that users have uploaded, and what stands in for them.
//!
//! No other code of Visage decodes pictures.
