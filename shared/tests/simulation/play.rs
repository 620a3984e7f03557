//! Runs a plan: gives out turns, one operation at a time, and judges the results.

use std::rc::Rc;
use std::task::{Context, Poll};
use std::vec::IntoIter;

use futures::future::{FutureExt as _, LocalBoxFuture};
use futures::task::noop_waker_ref;
use visage::Error;
use visage::bpm::Logins;
use visage::directory::{Directory, RememberedNumbers};
use visage::login::HeldLogins;

use super::caller::{Answer, make, now, set_now};
use super::history::History;
use super::plan::{Act, CONTESTED, Call, Fate, IDS, INSTANCES, Key, NAMES, Plan, Turn};
use super::provider::Provider;
use super::stage::Stage;
use super::store::SimulatedStore;

/// The most operations of a call.
const ENDLESS: usize = 2_000;

/// The most polls before an operation takes its turn.
const POLLS: usize = 8;

/// The totals of the simulations.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Tally {
    pub(crate) calls: usize,
    pub(crate) operations: usize,
    pub(crate) acknowledged: usize,
    pub(crate) died: usize,
}

/// What an instance of a component remembers. Its calls share it.
#[derive(Clone)]
struct Instance {
    numbers: Rc<RememberedNumbers>,
    logins: Rc<Logins>,
}

/// A client and its remaining calls.
struct Client {
    /// The memory of the instance that takes the client's calls.
    instance: Instance,
    calls: IntoIter<Call>,
    running: Option<(usize, LocalBoxFuture<'static, Result<Answer, Error>>)>,
}

/// A running simulation.
struct Play {
    stage: Rc<Stage>,
    history: History,
    /// What each instance remembers. It outlives the acts, so what it holds is mostly out of date.
    instances: [Instance; INSTANCES],
}

/// Runs a plan to its end. Returns the totals, and a trace if requested.
pub(crate) fn play(
    provider: Provider,
    plan: &Plan,
    traced: bool,
) -> (Result<Tally, String>, String) {
    // In the year 2027.
    set_now(1_800_000_000_000);
    let stage = Rc::new(Stage::new(provider, plan.reports, traced));
    let mut play = Play {
        stage: Rc::clone(&stage),
        history: History::default(),
        instances: [(); INSTANCES].map(|()| Instance::new()),
    };
    let outcome = play.acts(plan);
    (outcome.map(|()| play.tally()), stage.trace())
}

impl Play {
    fn acts(&mut self, plan: &Plan) -> Result<(), String> {
        for act in &plan.acts {
            self.act(act, plan.stormy)?;
        }
        // At the end, every name and id must be usable.
        let act = Act {
            pause: 7_200_000,
            first: Vec::new(),
            clients: vec![claim_all()],
            turns: Vec::new(),
        };
        self.act(&act, false)?;
        // In the course of hours, tidying up removes everything that belongs to nobody.
        for _ in 0..4 {
            let act = Act {
                pause: 7_200_000,
                first: Vec::new(),
                clients: vec![vec![Call::List, Call::Tidy]],
                turns: Vec::new(),
            };
            self.act(&act, false)?;
        }
        // The first call may only end what others have begun.
        let act = Act {
            pause: 0,
            first: Vec::new(),
            clients: vec![vec![Call::Index, Call::Index]],
            turns: Vec::new(),
        };
        self.act(&act, false)?;
        self.history.all_addresses_lead()?;
        let people = self.history.present().people;
        let values = self.stage.values.borrow();
        let leftovers = values.leftovers(&people);
        if !leftovers.is_empty() {
            return Err(format!("{leftovers:?} are left"));
        }
        drop(values);
        // The removal of a picture removes the parts of all earlier ones.
        let removals = (0..CONTESTED).step_by(2).map(|name| Call::PutAvatar {
            key: Key::Name(name),
            image: None,
            conditional: false,
            limited: false,
        });
        let act = Act {
            pause: 7_200_000,
            first: Vec::new(),
            clients: vec![removals.collect()],
            turns: Vec::new(),
        };
        self.act(&act, false)?;
        let values = self.stage.values.borrow();
        let parts = values.parts();
        if !parts.is_empty() {
            return Err(format!("{parts:?} are left"));
        }
        self.history.failures_are_told_once()?;
        self.history.changes_grow()
    }

    /// Runs an act until all calls are answered or dead and no late effect is left.
    fn act(&mut self, act: &Act, stormy: bool) -> Result<(), String> {
        set_now(now() + act.pause);
        if !act.first.is_empty() {
            let first = Act {
                clients: vec![act.first.clone()],
                ..Act::default()
            };
            self.act(&first, false)?;
        }
        let instances = self.instances.iter().cycle();
        let clients = act.clients.iter().cloned().zip(instances);
        let mut clients: Vec<Client> = clients
            .map(|(calls, instance)| Client::new(calls, instance))
            .collect();
        let mut turns = act.turns.iter().copied();
        loop {
            clients.retain(Client::goes_on);
            let late = self.stage.late.borrow().len();
            if clients.len() + late == 0 {
                break;
            }
            let turn = turns.next().unwrap_or(Turn::QUIET);
            let last = if stormy || turn.fate == Fate::Denied {
                turn.fate
            } else {
                Fate::Done
            };
            match turn.who % (clients.len() + late) {
                client if client < clients.len() => {
                    for operation in 1..=turn.operations {
                        let fate = if operation == turn.operations {
                            last
                        } else {
                            Fate::Done
                        };
                        self.give(&mut clients[client], fate)?;
                        if !clients[client].goes_on() {
                            break;
                        }
                    }
                }
                late => self.arrive(late - clients.len())?,
            }
            set_now(now().strict_add_signed(turn.milliseconds));
        }
        self.history.present().complete(&self.stage)
    }

    /// Runs a client's next operation.
    fn give(&mut self, client: &mut Client, fate: Fate) -> Result<(), String> {
        let mut context = Context::from_waker(noop_waker_ref());
        let (call, mut running) = match client.running.take() {
            Some(running) => running,
            None => {
                let Some(next) = client.calls.next() else {
                    return Ok(());
                };
                let (call, mut running) = self.start(next, &client.instance);
                // Run up to its first operation.
                if running.poll_unpin(&mut context).is_ready() {
                    return Err(format!("call {call} did nothing"));
                }
                (call, running)
            }
        };
        self.stage.give(fate);
        // A call with parallel operations may need several polls before one of them takes the turn.
        let mut polled = Poll::Pending;
        for _ in 0..POLLS {
            if polled.is_pending() && self.stage.turn.get().is_some() {
                polled = running.poll_unpin(&mut context);
            }
        }
        if self.stage.turn.take().is_some() {
            return Err(format!("call {call} waits for nothing"));
        }
        self.look(call)?;
        let at = self.stage.operations();
        match polled {
            Poll::Ready(result) => {
                self.stage
                    .note(|| format!("call {call} got {result:.120?}"));
                self.history.end(call, at, Some(result));
                self.history.judge(call, &self.stage)?;
                self.history.addresses_lead()?;
                return self.history.old_renderings_are_gone(&self.stage);
            }
            Poll::Pending if matches!(fate, Fate::DiesBefore | Fate::DiesAfter) => {
                self.history.end(call, at, None);
            }
            Poll::Pending if at - self.history.records[call].start > ENDLESS => {
                return Err(format!("call {call} has no end"));
            }
            Poll::Pending => client.running = Some((call, running)),
        }
        Ok(())
    }

    fn start(
        &mut self,
        next: Call,
        instance: &Instance,
    ) -> (usize, LocalBoxFuture<'static, Result<Answer, Error>>) {
        let call = self.history.begin(next.clone(), self.stage.operations());
        self.stage.note(|| format!("call {call} is {next:?}"));
        let stage = Rc::clone(&self.stage);
        let directory = Directory::with_clock(SimulatedStore { stage, call }, now)
            .remembering(Rc::clone(&instance.numbers));
        let record = &self.history.records[call];
        let learned = Rc::clone(&record.learned);
        let logins = Rc::clone(&instance.logins);
        let image = record.image.clone();
        let running = make(directory, call, next, image, learned, logins);
        (call, running.boxed_local())
    }

    /// Applies an operation whose answer was lost.
    fn arrive(&mut self, late: usize) -> Result<(), String> {
        let (call, effect) = self.stage.late.borrow_mut().remove(late);
        self.stage.give(Fate::Done);
        self.stage.turn.take();
        self.stage
            .note(|| format!("call {call}: its lost operation takes effect"));
        effect(&mut self.stage.values.borrow_mut());
        self.look(call)?;
        if let Some(end) = &mut self.history.records[call].end {
            *end = self.stage.operations();
        }
        Ok(())
    }

    /// Checks the world after a call's operation.
    fn look(&mut self, call: usize) -> Result<(), String> {
        let touched = self.stage.values.borrow_mut().touched();
        if let Some(rule) = self.stage.values.borrow().broken() {
            return Err(format!("call {call} broke a rule: {rule}"));
        }
        if touched.is_empty() {
            return Ok(());
        }
        let next = self.history.present().after(&touched, &self.stage);
        let next = next.map_err(|problem| format!("after call {call}: {problem}"))?;
        let at = self.stage.operations();
        self.history.observe(call, at, next)
    }

    fn tally(&self) -> Tally {
        let records = &self.history.records;
        let acknowledged = |result: &&Option<Result<Answer, Error>>| matches!(result, Some(Ok(_)));
        let results = || records.iter().map(|record| &record.result);
        Tally {
            calls: records.len(),
            operations: self.stage.operations(),
            acknowledged: results().filter(acknowledged).count(),
            died: results().filter(|result| result.is_none()).count(),
        }
    }
}

impl Instance {
    fn new() -> Self {
        Self {
            numbers: Rc::default(),
            logins: Rc::new(Logins {
                key: Rc::new(Some("a key of 16 bytes".try_into().unwrap())),
                held: Rc::new(HeldLogins::new().unwrap()),
            }),
        }
    }
}

impl Client {
    fn new(calls: Vec<Call>, instance: &Instance) -> Self {
        Self {
            instance: instance.clone(),
            calls: calls.into_iter(),
            running: None,
        }
    }

    fn goes_on(&self) -> bool {
        self.running.is_some() || !self.calls.as_slice().is_empty()
    }
}

impl Turn {
    /// The turn of a client that still has something to do.
    const QUIET: Self = Self {
        who: 0,
        operations: 1,
        fate: Fate::Done,
        milliseconds: 1,
    };
}

/// Creations that together claim all names and ids.
fn claim_all() -> Vec<Call> {
    let create = |name, external, common| Call::Create {
        name,
        external,
        common,
        email: None,
        image: None,
    };
    let names = (0..CONTESTED)
        .step_by(2)
        .map(|name| create(name, None, None));
    let fresh = (CONTESTED..NAMES.len()).step_by(2);
    let claims = (0..IDS.len()).flat_map(|id| [(Some(id), None), (None, Some(id))]);
    let ids = fresh
        .zip(claims)
        .map(|(name, (external, common))| create(name, external, common));
    names.chain(ids).collect()
}
