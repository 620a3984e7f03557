//! A simulation of the directory on each of Spin's stores. Calls interleave at every store operation, and fail or die
//! there. After each operation everything visible is checked, and every answer is judged by it.
//!
//! `VISAGE_SIMULATIONS` sets the number of simulations per store, numbered from 0. `VISAGE_SIMULATION_SEED` selects a
//! single one.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a panic is how a test fails"
)]

mod addresses;
mod caller;
mod change;
mod history;
mod plan;
mod play;
mod provider;
mod renderings;
mod stage;
mod store;
mod verdict;
mod world;

use std::cell::Cell;
use std::env;
use std::ops::Range;

use proptest::strategy::Strategy as _;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use plan::Plan;
use play::{Tally, play};
use provider::Provider;

/// The default number of simulations.
const SIMULATIONS: u64 = 400;

/// How long to search for a shorter failing plan, in milliseconds.
const SHRINKING: u32 = 30_000;

#[test]
fn nothing_is_lost_on_sqlite() {
    simulate(Provider::Sqlite);
}

#[test]
fn nothing_is_lost_on_redis() {
    simulate(Provider::Redis);
}

#[test]
fn nothing_is_lost_on_dynamodb() {
    simulate(Provider::DynamoDb);
}

fn simulate(provider: Provider) {
    let seeds = seeds();
    let simulations = seeds.end - seeds.start;
    let mut total = Tally::default();
    for seed in seeds {
        let tally = simulation(provider, seed);
        total.calls += tally.calls;
        total.operations += tally.operations;
        total.acknowledged += tally.acknowledged;
        total.died += tally.died;
    }
    let Tally {
        calls,
        operations,
        acknowledged,
        died,
    } = total;
    println!(
        "{provider:?}: {simulations} interleavings of {calls} calls in {operations} operations; {acknowledged} calls \
         acknowledged, {died} died; 0 violations"
    );
}

fn seeds() -> Range<u64> {
    let number = |name| {
        let text = env::var(name).ok()?;
        Some(
            text.parse()
                .unwrap_or_else(|_| panic!("{name} is not a number: {text}")),
        )
    };
    match number("VISAGE_SIMULATION_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("VISAGE_SIMULATIONS").unwrap_or(SIMULATIONS),
    }
}

/// Runs one simulation. If it fails, searches for a shorter failing plan and reports it.
fn simulation(provider: Provider, seed: u64) -> Tally {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let config = Config {
        failure_persistence: None,
        max_shrink_iters: u32::MAX,
        max_shrink_time: SHRINKING,
        ..Config::default()
    };
    let mut runner = TestRunner::new_with_rng(config, rng);
    let tree = Plan::any().new_tree(&mut runner).unwrap();
    let tally = Cell::default();
    let outcome = runner.run_one(tree, |plan| {
        let (outcome, _) = play(provider, &plan, false);
        tally.set(outcome.map_err(TestCaseError::fail)?);
        Ok(())
    });
    match outcome {
        Ok(_) => tally.get(),
        Err(TestError::Fail(violation, plan)) => {
            let (_, trace) = play(provider, &plan, true);
            panic!(
                "{trace}\n{violation}\n\
                 To replay it: VISAGE_SIMULATION_SEED={seed} cargo test -p visage --test simulation {provider:?}"
            );
        }
        Err(TestError::Abort(reason)) => panic!("{reason}"),
    }
}
