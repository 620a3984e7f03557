//! Visage and the floor, side by side. Both run all the time and take turns under load.

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

/// How long a call warms a server up before it is measured: longer than it takes to verify all users' passwords.
const WARM_UP: Duration = Duration::from_secs(2);

/// How long to measure.
#[derive(Clone, Copy)]
pub struct Effort {
    /// The length of a turn.
    pub turn: Duration,
    /// The number of turns per server.
    pub turns: u32,
}

/// The result of one server's turn.
#[derive(Clone, Debug)]
pub struct Turn {
    /// The client's view.
    pub outcome: Outcome,
    /// The server's processor time per answer, in seconds.
    pub cpu: f64,
}

/// The turns of two servers, in pairs.
pub struct Comparison {
    /// What was compared.
    pub call: String,
    /// The number of connections.
    pub connections: u32,
    /// The baseline, then the side that is compared with it.
    pub turns: Vec<[Turn; 2]>,
}

impl Comparison {
    /// Returns a value from all turns of the first (0) or second (1) side.
    pub fn spread(&self, side: usize, value: impl Fn(&Turn) -> f64) -> Spread {
        let turns = self.turns.iter().filter_map(|turns| turns.get(side));
        Spread::of(turns.map(value))
    }

    /// Returns the ratios of a value, second to first.
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
    /// Starts both servers and creates the users.
    pub fn start(in_memory: bool) -> anyhow::Result<Self> {
        let variables = [
            ("f5_tokens", calls::f5_tokens()),
            ("public_avatars", "true".to_owned()),
        ];
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
            // One thread, to leave a processor for the server.
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
            self.turn(floor, &Call::put(64), MAX_CONNECTIONS, WARM_UP, None)?;
        }
        Ok(())
    }

    /// Puts load on one of the servers.
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

    /// Compares Visage with the floor.
    pub fn compare(
        &mut self,
        call: &Call,
        connections: u32,
        effort: Effort,
        rate: Option<u32>,
    ) -> anyhow::Result<Comparison> {
        let sides = [(true, call.clone()), (false, call.clone())];
        self.take_turns(call.name.clone(), &sides, connections, effort, rate)
    }

    /// Compares two calls of Visage's.
    pub fn compare_calls(
        &mut self,
        [one, other]: [Call; 2],
        connections: u32,
        effort: Effort,
    ) -> anyhow::Result<Comparison> {
        let name = format!("{}, against {}", other.name, one.name);
        let sides = [(false, one), (false, other)];
        self.take_turns(name, &sides, connections, effort, None)
    }

    /// Compares an answer of Visage's with the same answer without its body.
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
            if let Some(before) = &call.before {
                self.turn(*floor, before, connections, WARM_UP, None)?;
            }
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
