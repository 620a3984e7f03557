//! Variables that cannot be read.

use serde_json::json;
use visage_tests::{Server, Setup};

use crate::calls;

#[test]
fn nobody_is_created_where_the_answer_could_not_name_the_place() {
    let server = Server::of(Setup {
        manifest: "tests/e2e/without-origin.toml",
        variables: [("netex_tokens".into(), "hush-netex".into())].into(),
        ..Setup::with(&[])
    });
    let ana = calls::create(&json!({ "username": "ana" }));
    server.send(&ana).expect(503);
    // And not 400, as where the name is taken.
    server.send(&ana).expect(503);
    server.assert_no_trap();
}
