//! Compares Visage with the floor, over HTTP. `bench/README.md` explains the output.
#![allow(unreachable_pub, reason = "in a binary `pub` means the crate")]

mod calls;
mod instances;
mod load;
mod pair;
mod process;
mod report;
mod spread;
mod table;

use std::time::Duration;

use clap::Parser;

use crate::pair::{Effort, Pair};
use crate::report::Report;

/// Measures Visage's functions against bare components that have the same work.
#[derive(Parser)]
struct Flags {
    /// How long each turn of a server is
    #[arg(long, value_name = "SECONDS", default_value_t = 1.0)]
    turn: f64,

    /// How many turns each server has at a call
    #[arg(long, value_name = "COUNT", default_value_t = 7)]
    turns: u32,

    /// Measures only the calls that have this in their name, or the table of "logins", and saves nothing
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
}

fn main() -> anyhow::Result<()> {
    let flags = Flags::parse();
    visage_tests::build_components("bench/spin.toml");
    let effort = Effort {
        turn: Duration::from_secs_f64(flags.turn),
        turns: flags.turns,
    };
    let mut calls = calls::all();
    visage_tests::Manifest::of_visage().assert_each_component_is_sent(
        calls.iter().map(|call| call.target.as_str()),
        "`all`, bench/src/calls.rs",
    );
    if let Some(only) = &flags.only {
        calls.retain(|call| call.name.contains(only));
    }
    let mut report = Report::new(effort);
    let mut in_memory = Pair::start(true)?;
    let closed = report.closed_loop("Store in memory", &mut in_memory, &calls)?;
    let mut on_disk = Pair::start(false)?;
    report.closed_loop("SQLite on disk", &mut on_disk, &calls)?;
    if flags.only.as_deref().is_none_or(|only| only == "logins") {
        report.logins(&mut on_disk)?;
    }
    drop(on_disk);
    if flags.only.is_none() {
        report.open_loop(&mut in_memory, &calls, &closed)?;
        report.one_packet(&mut in_memory)?;
        report.instances(&in_memory)?;
        report.keep()?;
    }
    Ok(())
}
