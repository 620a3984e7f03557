//! Reads and restores a server's stored data directly.

use std::collections::BTreeMap;
use std::time::Duration;

use rusqlite::Connection;
use visage_tests::{Server, keeps_in_sqlite};

/// All keys and their values, without the counters of logins.
pub(crate) type Rows = BTreeMap<String, Vec<u8>>;

/// Whether the data is in an SQLite file. If not, a test that needs one is skipped with a message.
pub(crate) fn is_there() -> bool {
    let is_there = keeps_in_sqlite();
    if !is_there {
        println!("skipped: the store is not SQLite");
    }
    is_there
}

/// A separate connection to a server's database.
pub(crate) struct Stored(Connection);

impl Stored {
    pub(crate) fn of(server: &Server) -> Self {
        let path = server.state().join("sqlite_key_value.db");
        let database = Connection::open(path).expect("the server's database opens");
        database
            .busy_timeout(Duration::from_secs(60))
            .expect("the timeout is set");
        Self(database)
    }

    pub(crate) fn rows(&self) -> Rows {
        let mut all = self
            .0
            .prepare_cached(
                "SELECT key, value FROM spin_key_value \
                 WHERE key NOT LIKE 'visage.failed.%' AND key NOT LIKE 'visage.verifying.%'",
            )
            .expect("the table is there");
        all.query_map((), |row| Ok((row.get(0)?, row.get(1)?)))
            .expect("the table is read")
            .collect::<Result<_, _>>()
            .expect("each row is read")
    }

    /// Makes the store hold exactly these rows. No login has failed then.
    pub(crate) fn put_back(&mut self, rows: &Rows) {
        let change = self.0.transaction().expect("a transaction begins");
        change
            .execute("DELETE FROM spin_key_value", ())
            .expect("the table is emptied");
        for (key, value) in rows {
            change
                .execute(
                    "INSERT INTO spin_key_value (store, key, value) VALUES ('default', ?1, ?2)",
                    (key, value),
                )
                .expect("a row is written");
        }
        change.commit().expect("the transaction ends");
    }

    /// Runs statements that cause a fault.
    pub(crate) fn execute(&self, statements: &str) {
        self.0
            .execute_batch(statements)
            .unwrap_or_else(|error| panic!("{error} in {statements}"));
    }
}

/// The keys whose values differ.
pub(crate) fn changed(before: &Rows, after: &Rows) -> Vec<String> {
    let keys = before.keys().chain(after.keys());
    let mut changed: Vec<_> = keys
        .filter(|&key| before.get(key) != after.get(key))
        .cloned()
        .collect();
    changed.sort();
    changed.dedup();
    changed
}
