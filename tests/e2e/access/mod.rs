//! Access control: each endpoint and method with each kind of credential, and names that are made to collide.

mod credentials;
mod endpoints;
mod names;
mod paths;

use serde_json::json;
use visage_tests::{Answer, Manifest, Server};

use crate::calls;
use crate::stored::{self, Rows, Stored, changed};
use credentials::{Caller, Credential};
use endpoints::Endpoint;

/// How many cells run at a time. Each wrong password costs an argon2 hash.
const CALLERS: usize = 4;

/// A cell of the table.
struct Cell<'t> {
    endpoint: &'t Endpoint,
    credential: &'t Credential,
}

impl Cell<'_> {
    fn send(&self, server: &Server) -> Answer {
        let mut request = self.endpoint.request.clone();
        request
            .headers
            .extend(self.credential.headers.iter().cloned());
        server.send(&request)
    }

    fn caller(&self) -> Caller {
        self.credential.caller(self.endpoint.family)
    }

    /// Describes what is wrong with the answer and with the stored data.
    fn faults(&self, answer: &Answer, before: &Rows, after: &Rows) -> Option<String> {
        let mut faults = Vec::new();
        let expected = self.endpoint.status(self.caller());
        if answer.status != expected {
            faults.push(format!("{} instead of {expected}", answer.status));
        }
        if answer.text().to_ascii_lowercase().contains("hush") {
            faults.push("a secret in the answer".into());
        }
        let may = |key: &String| answer.status == 200 && self.endpoint.may(self.caller(), key);
        let wrong: Vec<_> = changed(before, after)
            .into_iter()
            .filter(|key| !may(key))
            .collect();
        if !wrong.is_empty() {
            faults.push(format!("changed {}", wrong.join(", ")));
        }
        (!faults.is_empty()).then(|| {
            let (endpoint, credential) = (&self.endpoint.name, &self.credential.name);
            format!("{endpoint} with {credential}: {}", faults.join("; "))
        })
    }
}

#[test]
fn each_endpoint_and_method_with_each_kind_of_credential() {
    if !stored::is_there() {
        return;
    }
    let server = server();
    let mut stored = Stored::of(&server);
    let before = stored.rows();
    let endpoints = endpoints::all();
    Manifest::of_visage().assert_each_route_is_sent(
        endpoints
            .iter()
            .map(|endpoint| endpoint.request.target.as_str()),
        "`all`, tests/e2e/access/endpoints.rs, with whom they let in",
    );
    let credentials = credentials::all(&before);
    let cells: Vec<_> = endpoints
        .iter()
        .flat_map(|endpoint| {
            credentials.iter().map(move |credential| Cell {
                endpoint,
                credential,
            })
        })
        .collect();
    let (let_in, refused): (Vec<_>, Vec<_>) = cells
        .iter()
        .partition(|cell| cell.endpoint.status(cell.caller()) == 200);

    // Refused requests change nothing, so they can run in any order and in parallel.
    let mut failures: Vec<String> = calls::together(CALLERS, |caller| {
        let stored = Stored::of(&server);
        let mine = refused.iter().skip(caller).step_by(CALLERS);
        mine.filter_map(|cell| cell.faults(&cell.send(&server), &before, &stored.rows()))
            .collect::<Vec<_>>()
    })
    .concat();
    for cell in &let_in {
        let answer = cell.send(&server);
        let after = stored.rows();
        failures.extend(cell.faults(&answer, &before, &after));
        if after != before {
            stored.put_back(&before);
        }
    }

    println!(
        "access: {} endpoints and methods x {} credentials = {} cells, {} let in, {} failures",
        endpoints.len(),
        credentials.len(),
        cells.len(),
        let_in.len(),
        failures.len()
    );
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    server.assert_no_trap();
}

/// The users, by number: 1 ana, 2 bob, 3 carl (disabled), 4 dora and 5 erik (both deleted), 6 another erik, 7 frida
/// (another sign-in). All but the second erik and frida had a picture.
fn server() -> Server {
    let server = Server::with(&[
        ("netex_tokens", "hush-netex, hush-netex-two"),
        (
            "f5_tokens",
            "ana=hush-ana,bob=hush-bob,carl=hush-carl,dora=hush-dora,erik=hush-erik,frida=hush-frida,gus=hush-gus",
        ),
        ("public_avatars", "true"),
    ]);
    let create = |name: &str, password: &str| {
        let user = json!({
            "username": name,
            "password": password,
            "externalId": format!("ext-{name}-{}", password.len()),
            "email": format!("{name}@example.org"),
        });
        server.send(&calls::create(&user)).expect(200);
    };
    // All passwords that were ever right are remembered.
    let login = |name: &str, password: &str| {
        server.send(&calls::show_avatar(name, password)).expect(200);
    };
    let set_password = |name: &str, password: &str| {
        let body = json!({ "newPassword": password });
        let path = format!("/{name}/changePassword");
        server
            .send(&calls::netex("PUT", &path).json(&body))
            .expect(200);
        login(name, password);
    };
    for name in ["ana", "bob", "carl", "dora", "erik"] {
        create(name, &format!("hush-{name}'s"));
        login(name, &format!("hush-{name}'s"));
        server
            .send(&calls::add_image(name, "avatar.png"))
            .expect(200);
    }
    server
        .send(&calls::netex("PUT", "/carl/deactivate"))
        .expect(200);
    for name in ["dora", "erik"] {
        server
            .send(&calls::netex("DELETE", &format!("/{name}")))
            .expect(200);
    }
    create("erik", "hush-the-other's");
    login("erik", "hush-the-other's");
    set_password("ana", "hush-the-earlier");
    set_password("ana", "hush-ana's");
    let frida = json!({ "username": "frida", "authSource": "LDAP" });
    server.send(&calls::create(&frida)).expect(200);
    server
}
