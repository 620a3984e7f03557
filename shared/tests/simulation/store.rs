//! The store as one call sees it. Every operation waits for its turn, and the turn decides its fate.

use std::future::{pending, poll_fn};
use std::rc::Rc;
use std::task::Poll;

use visage::Error;
use visage::store::Store;

use super::plan::Fate;
use super::provider::{Provider, Values};
use super::stage::Stage;

/// The store, for the call with this number.
#[derive(Clone)]
pub(crate) struct SimulatedStore {
    pub(crate) stage: Rc<Stage>,
    pub(crate) call: usize,
}

impl SimulatedStore {
    /// Waits for the turn, then runs the operation with the turn's fate.
    async fn operate<T: 'static>(
        &self,
        name: &str,
        key: &str,
        effect: impl FnOnce(&mut Values) -> Result<T, Error> + 'static,
    ) -> Result<T, Error> {
        // The first poll only announces the operation.
        let mut asked = false;
        let fate = poll_fn(
            |context| match asked.then(|| self.stage.turn.take()).flatten() {
                Some(fate) => Poll::Ready(fate),
                None => {
                    asked = true;
                    // Of several parallel operations only those that were woken are polled again.
                    context.waker().wake_by_ref();
                    Poll::Pending
                }
            },
        )
        .await;
        let note = || format!("call {}: {name} {key}: {fate:?}", self.call);
        self.stage.note(note);
        let values = || self.stage.values.borrow_mut();
        let failed = || {
            self.stage.fail(self.call);
            Error::Unavailable {
                detail: format!("{name} was told to fail"),
            }
        };
        match fate {
            Fate::Done | Fate::Denied => effect(&mut values()),
            Fate::FailsBefore => Err(failed()),
            Fate::FailsAfter => {
                let _ = effect(&mut values());
                Err(failed())
            }
            Fate::FailsEarly => {
                let effect = Box::new(|values: &mut Values| drop(effect(values)));
                self.stage.late.borrow_mut().push((self.call, effect));
                Err(failed())
            }
            Fate::DiesBefore => pending().await,
            Fate::DiesAfter => {
                let _ = effect(&mut values());
                pending().await
            }
        }
    }
}

impl Store for SimulatedStore {
    type Snapshot = (String, Option<Vec<u8>>);

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        let owned = key.to_owned();
        self.operate("get", key, move |values| Ok(values.get(&owned)))
            .await
    }

    async fn delete_many(&self, keys: &[String]) -> Result<(), Error> {
        let together = self.stage.at_once(keys.len());
        for keys in keys.chunks(together) {
            let owned = keys.to_vec();
            self.operate("delete_many", &keys.join(" "), move |values| {
                for key in owned {
                    values.remove(&key);
                }
                Ok(())
            })
            .await?;
        }
        Ok(())
    }

    async fn set_many(&self, mut new: Vec<(String, Vec<u8>)>) -> Result<(), Error> {
        if self.stage.provider != Provider::DynamoDb {
            let keys: Vec<_> = new.iter().map(|(key, _)| key.clone()).collect();
            return self
                .operate("set_many", &keys.join(" "), |values| {
                    for (key, value) in new {
                        values.insert(&key, value);
                    }
                    Ok(())
                })
                .await;
        }
        self.stage.at_once(new.len());
        // The store guarantees no order.
        let first = self.stage.operations() % new.len().max(1);
        new.rotate_left(first);
        for (key, value) in new {
            let owned = key.clone();
            self.operate("set_many", &key, move |values| {
                values.insert(&owned, value);
                Ok(())
            })
            .await?;
        }
        Ok(())
    }

    async fn increment(&self, key: &str, delta: i64) -> Result<i64, Error> {
        let provider = self.stage.provider;
        let owned = key.to_owned();
        if provider != Provider::DynamoDb {
            return self
                .operate("increment", key, move |values| {
                    values.increment(provider, &owned, delta)
                })
                .await;
        }
        let seen = self
            .operate("increment (read)", key, {
                let key = owned.clone();
                move |values| Ok(values.get(&key))
            })
            .await?;
        let counted = self
            .operate("increment", key, move |values| {
                let unchanged = values.get(&owned) == seen;
                let counted = unchanged.then(|| values.increment(provider, &owned, delta));
                counted.transpose()
            })
            .await?;
        counted.ok_or_else(|| Error::Unavailable {
            detail: "another increment came between".to_owned(),
        })
    }

    async fn snapshot(&self, key: &str) -> Result<(Option<Vec<u8>>, Self::Snapshot), Error> {
        let owned = key.to_owned();
        self.operate("snapshot", key, move |values| {
            let value = values.get(&owned);
            Ok((value.clone(), (owned, value)))
        })
        .await
    }

    async fn swap(&self, (key, seen): Self::Snapshot, value: Vec<u8>) -> Result<bool, Error> {
        let stage = Rc::clone(&self.stage);
        let name = key.clone();
        self.operate("swap", &name, move |values| {
            // As on SQLite: a swap of an absent key always succeeds.
            let upsert = seen.is_none() && stage.provider == Provider::Sqlite;
            let wins = upsert || values.get(&key) == seen;
            if wins {
                values.insert(&key, value);
            }
            Ok(stage.report(wins))
        })
        .await
    }
}
