//! The stored values, and how each of Spin's stores counts.

use std::collections::BTreeMap;
use std::mem;

use visage::Error;

use super::world::Person;

/// One of Spin's stores with its defects. See docs/ARCHITECTURE.md, "What Spin's stores promise".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Provider {
    Sqlite,
    Redis,
    DynamoDb,
}

/// The keys and values of the store.
#[derive(Default)]
pub(crate) struct Values {
    values: BTreeMap<String, Vec<u8>>,
    /// The keys written since the last query.
    touched: Vec<String>,
    /// The first violated rule.
    broken: Option<String>,
}

impl Values {
    pub(crate) fn get(&self, key: &str) -> Option<Vec<u8>> {
        self.values.get(key).cloned()
    }

    pub(crate) fn insert(&mut self, key: &str, value: Vec<u8>) {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if !key.starts_with("visage.") || key.len() >= 250 || !key.bytes().all(allowed) {
            self.break_rule(format!("the key {key}"));
        }
        if value.len() > 256 * 1024 {
            self.break_rule(format!("{} bytes in {key}", value.len()));
        }
        self.values.insert(key.to_owned(), value);
        self.touched.push(key.to_owned());
    }

    pub(crate) fn remove(&mut self, key: &str) {
        if self.values.remove(key).is_some() {
            self.touched.push(key.to_owned());
        }
    }

    pub(crate) fn increment(
        &mut self,
        provider: Provider,
        key: &str,
        delta: i64,
    ) -> Result<i64, Error> {
        let old = match self.values.get(key) {
            None => Some(0),
            Some(value) if provider == Provider::Sqlite => {
                let bytes = value.as_slice().try_into();
                bytes.ok().map(i64::from_le_bytes)
            }
            Some(value) => std::str::from_utf8(value)
                .ok()
                .and_then(|text| text.parse().ok()),
        };
        let Some(old) = old else {
            if provider == Provider::Sqlite {
                self.break_rule(format!("increment of {key} kills the store"));
            }
            return Err(Error::Unavailable {
                detail: "the value is not a number".to_owned(),
            });
        };
        let new = old + delta;
        let value = match provider {
            Provider::Sqlite => new.to_le_bytes().to_vec(),
            Provider::Redis | Provider::DynamoDb => new.to_string().into_bytes(),
        };
        self.insert(key, value);
        Ok(new)
    }

    /// Takes the keys written since the last query.
    pub(crate) fn touched(&mut self) -> Vec<String> {
        mem::take(&mut self.touched)
    }

    /// The keys of users, avatars and renderings that belong to nobody.
    pub(crate) fn leftovers(&self, people: &BTreeMap<u64, Person>) -> Vec<&String> {
        let belongs_to_nobody = |key: &&String| {
            let rest = key.strip_prefix("visage.user.");
            let rest = rest.or_else(|| key.strip_prefix("visage.avatar."));
            let rest = rest.or_else(|| key.strip_prefix("visage.rendering."));
            rest.is_some_and(|rest| {
                let number = rest.split('.').next().unwrap().parse().unwrap();
                !people.contains_key(&number)
            })
        };
        self.values.keys().filter(belongs_to_nobody).collect()
    }

    /// The kept renderings, each with the number of its user and the revision of the picture.
    pub(crate) fn renderings(&self) -> Vec<(&String, u64, String)> {
        let values = self.values.iter();
        let renderings = values.filter_map(|(key, value)| {
            let (number, size) = key.strip_prefix("visage.rendering.")?.split_once('.')?;
            let is_first = !size.contains('.');
            let change = u64::from_le_bytes(*value.first_chunk()?);
            is_first.then(|| (key, number.parse().unwrap(), format!("{change:016x}")))
        });
        renderings.collect()
    }

    /// The keys of the parts of pictures, and of renderings.
    pub(crate) fn parts(&self) -> Vec<&String> {
        let is_part = |key: &&String| {
            let rest = key.strip_prefix("visage.avatar.");
            rest.is_some_and(|rest| rest.contains('.')) || key.starts_with("visage.rendering.")
        };
        self.values.keys().filter(is_part).collect()
    }

    pub(crate) fn break_rule(&mut self, rule: String) {
        self.broken.get_or_insert(rule);
    }

    pub(crate) fn broken(&self) -> Option<String> {
        self.broken.clone()
    }
}
