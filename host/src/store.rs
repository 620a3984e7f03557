//! The key-value store: Spin's SQLite store, with the same file, table and weaknesses.
//!
//! The weaknesses are deliberate, since a better store would hide bugs that Spin shows:
//!
//! - A swap of an absent key overwrites a value that was written in between.
//! - Incrementing a value that is not 8 bytes long makes the whole store unusable until the next start.

use std::fmt::Debug;
use std::path::Path;
use std::rc::Rc;
use std::sync::{Arc, Mutex, mpsc};

use anyhow::Context as _;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _, params};
use tokio::task::block_in_place;

/// The file's name, as in Spin.
const FILE: &str = "sqlite_key_value.db";

/// The most bytes that one read may return, as in Spin.
const READ_LIMIT: usize = 128 << 20;

const UPSERT: &str = "INSERT INTO spin_key_value (store, key, value) VALUES (?1, ?2, ?3)
    ON CONFLICT (store, key) DO UPDATE SET value = excluded.value";
const SELECT: &str = "SELECT value FROM spin_key_value WHERE store = ?1 AND key = ?2";
const SELECT_KEYS: &str = "SELECT key FROM spin_key_value WHERE store = ?1";
const SELECT_MANY: &str =
    "SELECT key, value FROM spin_key_value WHERE store = ?1 AND key IN rarray(?2)";
const DELETE: &str = "DELETE FROM spin_key_value WHERE store = ?1 AND key = ?2";
const DELETE_MANY: &str = "DELETE FROM spin_key_value WHERE store = ?1 AND key IN rarray(?2)";
const SWAP: &str =
    "UPDATE spin_key_value SET value = ?4 WHERE store = ?1 AND key = ?2 AND value = ?3";

/// Why an operation failed.
#[derive(Debug, PartialEq)]
pub enum Error {
    /// The store is unusable until the next start: Spin panicked while it held the store's lock.
    Broken,
    /// SQLite reported an error.
    Other(String),
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        other(&error)
    }
}

/// Spin passes errors to components in their debug form.
fn other(error: &dyn Debug) -> Error {
    Error::Other(format!("{error:?}"))
}

/// The result type of this module.
pub type Result<T> = std::result::Result<T, Error>;

/// The process's only connection, or `None` after the store broke.
pub struct Database(Mutex<Option<Connection>>);

impl Database {
    /// Opens the database in `folder`. Creates the folder and the table if they are missing.
    pub fn open(folder: &Path) -> anyhow::Result<Arc<Self>> {
        let path = folder.join(FILE);
        let open = || {
            std::fs::create_dir_all(folder)?;
            Self::on(Connection::open(&path)?)
        };
        open().with_context(|| format!("cannot open {}", path.display()))
    }

    /// Opens a database that lives only as long as the process.
    pub fn in_memory() -> anyhow::Result<Arc<Self>> {
        Self::on(Connection::open_in_memory()?)
    }

    fn on(connection: Connection) -> anyhow::Result<Arc<Self>> {
        connection.execute(
            "CREATE TABLE IF NOT EXISTS spin_key_value (
                store TEXT NOT NULL,
                key   TEXT NOT NULL,
                value BLOB NOT NULL,
                PRIMARY KEY (store, key)
            )",
            [],
        )?;
        rusqlite::vtab::array::load_module(&connection)?;
        Ok(Arc::new(Self(Mutex::new(Some(connection)))))
    }

    /// Runs `work` with exclusive access to the connection. `work` may remove the connection for good.
    fn exclusive<T>(&self, work: impl FnOnce(&mut Option<Connection>) -> Result<T>) -> Result<T> {
        let mut connection = self.0.lock().map_err(|_| Error::Broken)?;
        work(&mut connection)
    }

    /// Runs `work` with exclusive access to the connection, on a blocking thread.
    fn run<T>(&self, work: impl FnOnce(&mut Connection) -> Result<T>) -> Result<T> {
        block_in_place(|| self.exclusive(|slot| work(slot.as_mut().ok_or(Error::Broken)?)))
    }
}

/// One named store of the database.
#[derive(Clone)]
pub struct Store {
    database: Arc<Database>,
    name: Arc<str>,
}

impl Store {
    /// Opens the store `name` of `database`.
    pub fn new(database: Arc<Database>, name: &str) -> Self {
        Self {
            database,
            name: name.into(),
        }
    }

    /// Returns the value at `key`.
    pub fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        let value = self.database.run(|c| read(c, &self.name, key))?;
        limit(size_of::<Option<Vec<u8>>>() + value.as_ref().map_or(0, Vec::len))?;
        Ok(value)
    }

    /// Sets the value at `key`.
    pub fn set(&self, key: &str, value: &[u8]) -> Result<()> {
        self.database.run(|c| write(c, &self.name, key, value))
    }

    /// Removes `key`.
    pub fn delete(&self, key: &str) -> Result<()> {
        self.database.run(|c| {
            c.prepare_cached(DELETE)?.execute(params![self.name, key])?;
            Ok(())
        })
    }

    /// Whether there is a value at `key`.
    pub fn exists(&self, key: &str) -> Result<bool> {
        let value = self.database.run(|c| read(c, &self.name, key))?;
        Ok(value.is_some())
    }

    /// Returns all keys at once.
    pub fn keys(&self) -> Result<Vec<String>> {
        self.database.run(|c| {
            let mut size = size_of::<Vec<String>>();
            let mut statement = c.prepare_cached(SELECT_KEYS)?;
            let rows = statement.query_map([&self.name], |row| row.get::<_, String>(0))?;
            rows.map(|key| {
                let key = key?;
                size += size_of::<String>() + key.len();
                limit(size).map(|()| key)
            })
            .collect()
        })
    }

    /// Passes all keys to `send` one by one and holds the store's lock until the last one is taken. Spin does the
    /// same: an open listing blocks every other call. Must not run on a thread of the runtime.
    pub fn each_key(&self, mut send: impl FnMut(String) -> bool) -> Result<()> {
        self.database.exclusive(|slot| {
            let connection = slot.as_ref().ok_or(Error::Broken)?;
            let mut statement = connection.prepare_cached(SELECT_KEYS)?;
            let mut rows = statement.query([&self.name])?;
            while let Some(row) = rows.next()? {
                let key: String = row.get(0)?;
                limit(key.len())?;
                if !send(key) {
                    return Err(other(&mpsc::SendError(())));
                }
            }
            Ok(())
        })
    }

    /// Returns the values at those of `keys` that exist, in table order.
    pub fn get_many(&self, keys: Vec<String>) -> Result<Vec<(String, Option<Vec<u8>>)>> {
        self.database.run(|c| {
            let mut size = size_of::<Vec<String>>();
            let mut statement = c.prepare_cached(SELECT_MANY)?;
            let rows = statement.query_map(params![self.name, array(keys)], |row| {
                <(String, Option<Vec<u8>>)>::try_from(row)
            })?;
            rows.map(|row| {
                let (key, value) = row?;
                size += size_of::<(String, Option<Vec<u8>>)>()
                    + key.len()
                    + value.as_ref().map_or(0, Vec::len);
                limit(size).map(|()| (key, value))
            })
            .collect()
        })
    }

    /// Sets all values in one transaction.
    pub fn set_many(&self, values: &[(String, Vec<u8>)]) -> Result<()> {
        self.database.run(|c| {
            let transaction = c.transaction()?;
            for (key, value) in values {
                write(&transaction, &self.name, key, value)?;
            }
            Ok(transaction.commit()?)
        })
    }

    /// Removes all `keys` in one statement.
    pub fn delete_many(&self, keys: Vec<String>) -> Result<()> {
        self.database.run(|c| {
            c.prepare_cached(DELETE_MANY)?
                .execute(params![self.name, array(keys)])?;
            Ok(())
        })
    }

    /// Adds `delta` to the counter at `key` and returns the sum.
    pub fn increment(&self, key: &str, delta: i64) -> Result<i64> {
        let work = |slot: &mut Option<Connection>| {
            let transaction = slot.as_mut().ok_or(Error::Broken)?.transaction()?;
            let before = match read(&transaction, &self.name, key)? {
                None => 0,
                Some(value) => match <[u8; 8]>::try_from(value) {
                    Ok(bytes) => i64::from_le_bytes(bytes),
                    Err(_) => {
                        // Spin panics here. That poisons the lock that every operation takes.
                        drop(transaction);
                        *slot = None;
                        return Err(Error::Broken);
                    }
                },
            };
            let after = before.wrapping_add(delta);
            write(&transaction, &self.name, key, &after.to_le_bytes())?;
            transaction.commit()?;
            Ok(after)
        };
        block_in_place(|| self.database.exclusive(work))
    }

    /// Replaces `expected` at `key` by `value`. Returns false if the value has changed. A swap of an absent key
    /// always succeeds: the last writer wins.
    pub fn swap(&self, key: &str, expected: Option<&[u8]>, value: &[u8]) -> Result<bool> {
        self.database.run(|c| match expected {
            None => write(c, &self.name, key, value).map(|()| true),
            Some(expected) => {
                let mut statement = c.prepare_cached(SWAP)?;
                Ok(statement.execute(params![self.name, key, expected, value])? == 1)
            }
        })
    }
}

fn read(connection: &Connection, store: &str, key: &str) -> Result<Option<Vec<u8>>> {
    let mut statement = connection.prepare_cached(SELECT)?;
    Ok(statement
        .query_row([store, key], |row| row.get(0))
        .optional()?)
}

fn write(connection: &Connection, store: &str, key: &str, value: &[u8]) -> Result<()> {
    connection
        .prepare_cached(UPSERT)?
        .execute(params![store, key, value])?;
    Ok(())
}

fn array(keys: Vec<String>) -> Rc<Vec<Value>> {
    Rc::new(keys.into_iter().map(Value::from).collect())
}

fn limit(size: usize) -> Result<()> {
    if size > READ_LIMIT {
        return Err(Error::Other(format!(
            "query result exceeds limit of {READ_LIMIT} bytes"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(&folder.path().join("state")).unwrap();
        (folder, Store::new(database, "default"))
    }

    #[test]
    fn values_come_back_and_outlive_the_connection() {
        let (folder, store) = store();
        store.set("a", b"1").unwrap();
        store
            .set_many(&[("b".into(), b"2".to_vec()), ("c".into(), b"3".to_vec())])
            .unwrap();
        store.delete("c").unwrap();
        drop(store);

        let database = Database::open(&folder.path().join("state")).unwrap();
        let store = Store::new(database.clone(), "default");
        assert_eq!(store.get("a").unwrap().as_deref(), Some(&b"1"[..]));
        assert_eq!(store.keys().unwrap(), ["a", "b"]);
        let many = store
            .get_many(vec!["b".into(), "none".into(), "a".into()])
            .unwrap();
        let names: Vec<_> = many.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(names, ["a", "b"]);
        assert!(!Store::new(database, "other").exists("a").unwrap());
        store.delete_many(vec!["a".into(), "b".into()]).unwrap();
        assert_eq!(store.keys().unwrap(), <[&str; 0]>::default());
    }

    #[test]
    fn a_swap_from_a_present_value_has_one_winner() {
        let (_folder, store) = store();
        store.set("k", b"old").unwrap();
        assert!(store.swap("k", Some(b"old"), b"first").unwrap());
        assert!(!store.swap("k", Some(b"old"), b"second").unwrap());
        assert_eq!(store.get("k").unwrap().unwrap(), b"first");
        store.delete("k").unwrap();
        assert!(!store.swap("k", Some(b"first"), b"third").unwrap());
    }

    #[test]
    fn a_swap_from_an_absent_key_lets_the_last_win() {
        let (_folder, store) = store();
        assert!(store.swap("k", None, b"first").unwrap());
        assert!(store.swap("k", None, b"second").unwrap());
        assert_eq!(store.get("k").unwrap().unwrap(), b"second");
    }

    #[test]
    fn increments_count_and_wrap() {
        let (_folder, store) = store();
        assert_eq!(store.increment("n", 0).unwrap(), 0);
        assert_eq!(store.get("n").unwrap().unwrap(), [0; 8]);
        assert_eq!(store.increment("n", 3).unwrap(), 3);
        assert_eq!(store.increment("n", -5).unwrap(), -2);
        store.set("n", &i64::MAX.to_le_bytes()).unwrap();
        assert_eq!(store.increment("n", 1).unwrap(), i64::MIN);
    }

    #[test]
    fn an_increment_of_something_else_breaks_the_store_until_it_is_reopened() {
        let (folder, store) = store();
        store.set("k", b"text").unwrap();
        assert_eq!(store.increment("k", 1), Err(Error::Broken));
        assert_eq!(store.get("k"), Err(Error::Broken));
        assert_eq!(store.set("other", b""), Err(Error::Broken));
        assert_eq!(store.each_key(|_| true), Err(Error::Broken));

        let reopened = Database::open(&folder.path().join("state")).unwrap();
        assert_eq!(
            Store::new(reopened, "default").get("k").unwrap().unwrap(),
            b"text"
        );
    }

    #[test]
    fn an_open_listing_holds_the_lock() {
        let (_folder, store) = store();
        store
            .set_many(&[("a".into(), vec![]), ("b".into(), vec![])])
            .unwrap();
        let mut seen = 0;
        let end = store.each_key(|_| {
            seen += 1;
            assert!(store.database.0.try_lock().is_err());
            seen < 2
        });
        assert_eq!((seen, end.is_err()), (2, true));
    }
}
