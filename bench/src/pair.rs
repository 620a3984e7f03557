//! Visage and the floor, side by side: both run all the time, and take turns at the load.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;
use tokio::runtime::{Builder, Runtime};
use visage_tests::calls::{create, together, update};
use visage_tests::{Server, Setup};

use crate::calls::{self, Call, MAX_CONNECTIONS};
use crate::load::{Load, Outcome};
use crate::process;
use crate::spread::Spread;

/// How long a server is warmed up with a call before it is measured with it: longer than all connections take to log
/// in.
const WARM_UP: Duration = Duration::from_secs(2);

/// How much is measured.
#[derive(Clone, Copy)]
pub struct Effort {
    /// How long each turn is.
    pub turn: Duration,
    /// How many turns each server has.
    pub turns: u32,
}

/// What came of one turn of a server.
#[derive(Clone, Debug)]
pub struct Turn {
    /// What the client saw.
    pub outcome: Outcome,
    /// Seconds of a processor that the server took for an answer.
    pub cpu: f64,
}

/// The turns of two that are compared, in pairs.
pub struct Comparison {
    /// What was compared.
    pub call: String,
    /// On how many connections.
    pub connections: u32,
    /// What the second is measured by, and the second.
    pub turns: Vec<[Turn; 2]>,
}

impl Comparison {
    /// A value of all turns of the first (0) or the second (1).
    pub fn spread(&self, side: usize, value: impl Fn(&Turn) -> f64) -> Spread {
        let turns = self.turns.iter().filter_map(|turns| turns.get(side));
        Spread::of(turns.map(value))
    }

    /// The ratios of a value, the second's to the first's.
    pub fn ratio(&self, value: impl Fn(&Turn) -> f64) -> Spread {
        Spread::of(
            self.turns
                .iter()
                .map(|[one, other]| value(other) / value(one)),
        )
    }
}

/// Two servers with the same users.
pub struct Pair {
    visage: Server,
    floor: Server,
    runtime: Runtime,
    runs: u32,
}

impl Pair {
    /// Starts both and creates the users.
    pub fn start(in_memory: bool) -> anyhow::Result<Self> {
        let variables = [("f5_tokens", calls::f5_tokens())];
        let variables = variables
            .each_ref()
            .map(|(name, value)| (*name, value.as_str()));
        let setup = Setup {
            in_memory,
            flags: vec!["--quiet".into()],
            ..Setup::with(&variables)
        };
        let floor = Setup {
            manifest: "bench/spin.toml",
            variables: BTreeMap::new(),
            ..setup.clone()
        };
        let mut pair = Self {
            visage: Server::of(setup),
            floor: Server::of(floor),
            // One thread, so that the client leaves a processor to the server.
            runtime: Builder::new_current_thread().enable_all().build()?,
            runs: 0,
        };
        pair.create_users()?;
        Ok(pair)
    }

    fn create_users(&mut self) -> anyhow::Result<()> {
        let users = calls::users();
        let (visage, floor) = (&self.visage, &self.floor);
        together(2, |caller| {
            let (mut visage, mut floor) = (visage.connect(), floor.connect());
            for user in users.iter().skip(caller).step_by(2) {
                visage.send(&create(user))?.expect(200);
                let name = user["username"].as_str().unwrap_or_default();
                floor.send(&update(name, &json!({})))?.expect(200);
            }
            Ok(())
        })
        .into_iter()
        .collect::<std::io::Result<()>>()?;
        // Everyone has a picture.
        for floor in [true, false] {
            self.turn(floor, &Call::put(), MAX_CONNECTIONS, WARM_UP, None)?;
        }
        Ok(())
    }

    /// Puts load on one of the two.
    fn turn(
        &mut self,
        floor: bool,
        call: &Call,
        connections: u32,
        duration: Duration,
        rate: Option<u32>,
    ) -> anyhow::Result<Turn> {
        let server = if floor { &self.floor } else { &self.visage };
        self.runs += 1;
        let load = Load {
            address: server.address(),
            call: call.clone(),
            run: format!("run{}", self.runs),
            connections,
            duration,
            rate,
        };
        let before = process::usage(server.process_group())?;
        let outcome = self.runtime.block_on(load.run())?;
        let after = process::usage(server.process_group())?;
        let cpu = (after.cpu_seconds - before.cpu_seconds) / outcome.answers as f64;
        Ok(Turn { outcome, cpu })
    }

    /// Visage against the floor.
    pub fn compare(
        &mut self,
        call: &Call,
        connections: u32,
        effort: Effort,
        rate: Option<u32>,
    ) -> anyhow::Result<Comparison> {
        let sides = [(true, call.clone()), (false, call.clone())];
        // On many connections it takes a second until each user has logged in to each instance.
        let turn = effort.turn * if call.logs_in() { 4 } else { 1 };
        let effort = Effort { turn, ..effort };
        self.take_turns(call.name.clone(), &sides, connections, effort, rate)
    }

    /// An answer of Visage's against the same without its body.
    pub fn compare_packets(&mut self, effort: Effort) -> anyhow::Result<Comparison> {
        let sides = [
            (false, Call::show(http::Method::HEAD)),
            (false, Call::show(http::Method::GET)),
        ];
        self.take_turns("Netex show user".into(), &sides, 1, effort, None)
    }

    fn take_turns(
        &mut self,
        call: String,
        sides: &[(bool, Call); 2],
        connections: u32,
        effort: Effort,
        rate: Option<u32>,
    ) -> anyhow::Result<Comparison> {
        for (floor, call) in sides {
            self.turn(*floor, call, connections, WARM_UP, None)?;
        }
        let mut turns = Vec::new();
        for _ in 0..effort.turns {
            let mut turn = |(floor, call): &(bool, Call)| {
                self.turn(*floor, call, connections, effort.turn, rate)
            };
            let [first, second] = sides;
            turns.push([turn(first)?, turn(second)?]);
        }
        Ok(Comparison {
            call,
            connections,
            turns,
        })
    }

    /// The servers, the floor's first.
    pub fn servers(&self) -> [&Server; 2] {
        [&self.floor, &self.visage]
    }
}
