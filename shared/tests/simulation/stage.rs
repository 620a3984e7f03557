//! The state that all calls of a simulation share.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use super::plan::{Fate, Reports};
use super::provider::{Provider, Values};

/// An operation's effect on the store after the call was told that it failed.
type Effect = Box<dyn FnOnce(&mut Values)>;

/// The store and the current turn.
pub(crate) struct Stage {
    pub(crate) provider: Provider,
    pub(crate) values: RefCell<Values>,
    /// The fate of the next operation; `None` while nobody has the turn.
    pub(crate) turn: Cell<Option<Fate>>,
    /// Effects that come later, each with the call that began it.
    pub(crate) late: RefCell<Vec<(usize, Effect)>>,
    reports: Reports,
    operations: Cell<usize>,
    /// The calls with a failed operation.
    failed: RefCell<BTreeSet<usize>>,
    trace: Option<RefCell<Vec<String>>>,
    denied: Cell<bool>,
}

impl Stage {
    pub(crate) fn new(provider: Provider, reports: Reports, traced: bool) -> Self {
        Self {
            provider,
            values: RefCell::default(),
            turn: Cell::new(None),
            late: RefCell::default(),
            reports,
            operations: Cell::new(0),
            failed: RefCell::default(),
            trace: traced.then(RefCell::default),
            denied: Cell::new(false),
        }
    }

    /// How many items of a batch of this length the store writes in one operation.
    pub(crate) fn at_once(&self, batch: usize) -> usize {
        if self.provider != Provider::DynamoDb {
            return batch.max(1);
        }
        if !(1..=25).contains(&batch) {
            let rule = format!("DynamoDB takes 1 to 25 items at once, not {batch}");
            self.values.borrow_mut().break_rule(rule);
        }
        1
    }

    /// Gives the turn to the call that is polled next.
    pub(crate) fn give(&self, fate: Fate) {
        self.operations.set(self.operations.get() + 1);
        self.denied.set(fate == Fate::Denied);
        self.turn.set(Some(fate));
    }

    /// The number of turns so far. This is the simulation's time.
    pub(crate) fn operations(&self) -> usize {
        self.operations.get()
    }

    /// The reported outcome of a swap in this turn.
    pub(crate) fn report(&self, made: bool) -> bool {
        if self.provider != Provider::Redis {
            return made;
        }
        match self.reports {
            Reports::AllFailed => false,
            Reports::Mixed => made && !self.denied.get(),
            Reports::AllMade => true,
        }
    }

    /// Records that an operation of this call failed by an injected fault.
    pub(crate) fn fail(&self, call: usize) {
        self.failed.borrow_mut().insert(call);
    }

    pub(crate) fn has_failed(&self, call: usize) -> bool {
        self.failed.borrow().contains(&call)
    }

    /// Writes a line into the trace, if there is one.
    pub(crate) fn note(&self, line: impl FnOnce() -> String) {
        if let Some(trace) = &self.trace {
            let line = format!("{:5} {}", self.operations(), line());
            trace.borrow_mut().push(line);
        }
    }

    /// The trace so far.
    pub(crate) fn trace(&self) -> String {
        let lines = self.trace.as_ref().map(RefCell::take);
        lines.unwrap_or_default().join("\n")
    }
}
