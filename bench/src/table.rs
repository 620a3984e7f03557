//! The Markdown table of comparisons.

use crate::pair::{Comparison, Turn};

/// The head of a table that compares `other` with `one`.
pub fn head(one: &str, other: &str) -> String {
    let columns = [
        "call".to_owned(),
        "connections".into(),
        format!("requests/s, {one}"),
        other.into(),
        "**ratio**".into(),
        format!("p50 ms, {one}"),
        other.into(),
        format!("p99 ms, {one}"),
        other.into(),
        "**ratio**".into(),
        format!("CPU µs a call, {one}"),
        other.into(),
        "**ratio**".into(),
    ];
    let rule = columns.each_ref().map(|_| "--:").join("|");
    format!("| {} |\n|{rule}|\n", columns.join(" | "))
}

/// A row of such a table.
pub fn row(comparison: &Comparison) -> String {
    let side = |side, factor, decimals, value: fn(&Turn) -> f64| {
        comparison.spread(side, value).text(factor, decimals)
    };
    let ratio = |value: fn(&Turn) -> f64| comparison.ratio(value).text(1.0, 2);
    let rate = |turn: &Turn| turn.outcome.rate;
    let median = |turn: &Turn| turn.outcome.median;
    let p99 = |turn: &Turn| turn.outcome.p99;
    let cpu = |turn: &Turn| turn.cpu;
    let columns = [
        comparison.call.clone(),
        comparison.connections.to_string(),
        side(0, 1.0, 0, rate),
        side(1, 1.0, 0, rate),
        ratio(rate),
        side(0, 1e3, 2, median),
        side(1, 1e3, 2, median),
        side(0, 1e3, 2, p99),
        side(1, 1e3, 2, p99),
        ratio(p99),
        side(0, 1e6, 0, cpu),
        side(1, 1e6, 0, cpu),
        ratio(cpu),
    ];
    format!("| {} |\n", columns.join(" | "))
}
