//! The report: printed as it is made, and saved once it is complete.

use crate::calls::{Call, MAX_CONNECTIONS};
use crate::instances;
use crate::pair::{Comparison, Effort, Pair};
use crate::{process, table};

/// The file of the last complete report, relative to the workspace.
const FILE: &str = "bench/RESULTS.md";

/// The rate of an open loop, as a share of Visage's highest.
const OPEN_LOOP_SHARE: f64 = 0.5;

/// The connections of the comparison of logins.
const LOGIN_CONNECTIONS: u32 = 16;

/// The measurements so far.
pub struct Report {
    text: String,
    effort: Effort,
}

impl Report {
    /// Starts a report with this effort.
    pub fn new(effort: Effort) -> Self {
        let text = String::new();
        let mut report = Self { text, effort };
        report.print(&format!(
            "# Results\n\
             The latest output of `cargo run -p visage-bench --release`. [README.md](README.md) explains the tables.\n\n\
             - Machine: {}.\n\
             - Runtime: {}.\n\
             - Each value is the median of {} turns of {:?}, with minimum and maximum.\n",
            machine(),
            if visage_tests::serves_with_spin() { "Spin" } else { "visage-host" },
            effort.turns,
            effort.turn,
        ));
        report
    }

    /// Measures every call on one connection and on many. Each connection sends its next request after the last
    /// answer.
    pub fn closed_loop(
        &mut self,
        title: &str,
        pair: &mut Pair,
        calls: &[Call],
    ) -> anyhow::Result<Vec<Comparison>> {
        self.print(&format!("\n## {title}\n{}", table::head("floor", "Visage")));
        let mut comparisons = Vec::new();
        for call in calls {
            for connections in [1, MAX_CONNECTIONS] {
                let comparison = pair.compare(call, connections, self.effort, None)?;
                self.print(&table::row(&comparison));
                comparisons.push(comparison);
            }
        }
        Ok(comparisons)
    }

    /// Measures the same calls on many connections at a fixed rate, which Visage can sustain.
    pub fn open_loop(
        &mut self,
        pair: &mut Pair,
        calls: &[Call],
        closed: &[Comparison],
    ) -> anyhow::Result<()> {
        self.print(&format!(
            "\n## Open loop, store in memory\n{}",
            table::head("floor", "Visage")
        ));
        let closed = closed
            .iter()
            .filter(|closed| closed.connections == MAX_CONNECTIONS);
        for (call, closed) in calls.iter().zip(closed) {
            let rate = closed.spread(1, |turn| turn.outcome.rate).median * OPEN_LOOP_SHARE;
            let comparison = pair.compare(call, MAX_CONNECTIONS, self.effort, Some(rate as u32))?;
            self.print(&table::row(&comparison));
        }
        Ok(())
    }

    /// Compares calls with a login by password to those with a token. Two users share each connection.
    pub fn logins(&mut self, pair: &mut Pair) -> anyhow::Result<()> {
        self.print(&format!(
            "\n## Logins, SQLite on disk\n{}",
            table::head("F5", "BPM")
        ));
        for calls in [
            [Call::show_image(4), Call::show_avatar(4)],
            [Call::put(4), Call::change_avatar(4)],
        ] {
            let comparison = pair.compare_calls(calls, LOGIN_CONNECTIONS, self.effort)?;
            self.print(&table::row(&comparison));
        }
        Ok(())
    }

    /// Compares a small answer with the same answer without its body.
    pub fn one_packet(&mut self, pair: &mut Pair) -> anyhow::Result<()> {
        self.print(&format!(
            "\n## One packet, store in memory\n{}",
            table::head("HEAD", "GET")
        ));
        let comparison = pair.compare_packets(self.effort)?;
        self.print(&table::row(&comparison));
        let stalls = |side: usize| {
            let turns = comparison.turns.iter().filter_map(|turns| turns.get(side));
            let counts = turns.map(|turn| (turn.outcome.stalls, turn.outcome.answers));
            counts.fold((0, 0), |sum, turn| (sum.0 + turn.0, sum.1 + turn.1))
        };
        let [head, get] = [stalls(0), stalls(1)];
        self.print(&format!(
            "\nAnswers that took more than 35 ms: {} of {} without a body, {} of {} with one.\n",
            head.0, head.1, get.0, get.1
        ));
        Ok(())
    }

    /// Measures the cost of instances.
    pub fn instances(&mut self, pair: &Pair) -> anyhow::Result<()> {
        self.print(&format!("\n## Instances\n{}", instances::HEAD));
        let [floor, visage] = pair.servers();
        let components = instances::components();
        // The floor is one component, so an instance of it answers any of the calls.
        let of_floor = components
            .first()
            .map(|(_, request)| (floor, "floor", request));
        let of_visage = components
            .iter()
            .map(|(name, request)| (visage, *name, request));
        for (server, name, request) in of_floor.into_iter().chain(of_visage) {
            let row = instances::row(server, name, request, self.effort.turns)?;
            self.print(&row);
        }
        Ok(())
    }

    /// Saves the report in its file.
    pub fn keep(&self) -> anyhow::Result<()> {
        Ok(std::fs::write(visage_tests::root().join(FILE), &self.text)?)
    }

    fn print(&mut self, text: &str) {
        print!("{text}");
        self.text.push_str(text);
    }
}

/// Describes the machine: its processors and its system.
fn machine() -> String {
    let processors = std::thread::available_parallelism().map_or(0, usize::from);
    let model = process::processor_model().unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    format!("{processors} × {model}, {}", std::env::consts::OS)
}
