//! The spread of a value over several turns.

/// Median, minimum and maximum.
#[derive(Clone, Copy, Debug)]
pub struct Spread {
    /// The median.
    pub median: f64,
    least: f64,
    most: f64,
}

impl Spread {
    /// Computes the spread of at least one value.
    pub fn of(values: impl Iterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.collect();
        values.sort_by(f64::total_cmp);
        let at = |index: usize| values.get(index).copied().unwrap_or(f64::NAN);
        Self {
            median: at(values.len() / 2),
            least: at(0),
            most: at(values.len().saturating_sub(1)),
        }
    }

    /// Formats the spread with this many decimals, after multiplying by `factor`.
    pub fn text(self, factor: f64, decimals: usize) -> String {
        let [median, least, most] =
            [self.median, self.least, self.most].map(|value| value * factor);
        format!("{median:.decimals$} ({least:.decimals$}–{most:.decimals$})")
    }
}
