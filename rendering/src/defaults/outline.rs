//! Outlines of shapes.

/// How far the control points of a quarter circle of radius 1 are from its ends.
const K: f32 = 0.552_284_8;

/// A point: x to the right, y down.
pub(super) type Point = [f32; 2];

/// A part of an outline, from where the part before it ended.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part {
    /// A straight line to this point.
    Line(Point),
    /// A cubic Bézier curve with two control points, to the last point.
    Curve(Point, Point, Point),
}

impl Part {
    pub(super) fn end(&self) -> Point {
        match *self {
            Self::Line(end) | Self::Curve(_, _, end) => end,
        }
    }
}

/// A closed outline, clockwise, whose first part starts where the last one ends.
pub(super) type Outline = [Part];

use Part::{Curve, Line};

/// The square from 0 to 1.
pub(super) const SQUARE: &Outline = &[
    Line([1.0, 0.0]),
    Line([1.0, 1.0]),
    Line([0.0, 1.0]),
    Line([0.0, 0.0]),
];

/// Half of the square, with the corner at 0.
pub(super) const TRIANGLE: &Outline = &[Line([1.0, 0.0]), Line([0.0, 1.0]), Line([0.0, 0.0])];

/// A quarter of a disc of radius 1 around 0.
pub(super) const QUARTER: &Outline = &[
    Line([1.0, 0.0]),
    Curve([1.0, K], [K, 1.0], [0.0, 1.0]),
    Line([0.0, 0.0]),
];

/// The square without the quarter disc.
pub(super) const REST: &Outline = &[
    Line([1.0, 1.0]),
    Line([0.0, 1.0]),
    Curve([K, 1.0], [1.0, K], [1.0, 0.0]),
];

/// What two quarter discs have in common, with tips at two corners of the square.
pub(super) const LEAF: &Outline = &[
    Curve([K, 0.0], [1.0, 1.0 - K], [1.0, 1.0]),
    Curve([1.0 - K, 1.0], [0.0, K], [0.0, 0.0]),
];

/// Half of the disc of radius 0.5, with its diameter on the left side of the square.
pub(super) const HALF: &Outline = &[
    Curve([K / 2.0, 0.0], [0.5, 0.5 - K / 2.0], [0.5, 0.5]),
    Curve([0.5, 0.5 + K / 2.0], [K / 2.0, 1.0], [0.0, 1.0]),
    Line([0.0, 0.0]),
];

/// The disc that touches all sides of the square.
pub(super) const DISC: &Outline = &[
    Curve([0.5 + K / 2.0, 0.0], [1.0, 0.5 - K / 2.0], [1.0, 0.5]),
    Curve([1.0, 0.5 + K / 2.0], [0.5 + K / 2.0, 1.0], [0.5, 1.0]),
    Curve([0.5 - K / 2.0, 1.0], [0.0, 0.5 + K / 2.0], [0.0, 0.5]),
    Curve([0.0, 0.5 - K / 2.0], [0.5 - K / 2.0, 0.0], [0.5, 0.0]),
];
