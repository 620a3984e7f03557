//! The kinds of credentials, and the caller that each family takes their bearer for.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::calls::basic;
use crate::stored::Rows;

/// A family of endpoints.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Family {
    Netex,
    Bpm,
    F5,
    /// The paths that need no credentials.
    Public,
}

/// The caller, as a family sees it.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Caller {
    /// Refused with this status.
    Refused(u16),
    /// A Netex client, which may do everything.
    Service,
    /// This user.
    User(&'static str),
    /// Whoever it is.
    Anybody,
}

/// The headers of a request that identify its sender.
pub(super) struct Credential {
    pub(super) name: String,
    pub(super) headers: Vec<(String, Vec<u8>)>,
    netex: Caller,
    bpm: Caller,
    f5: Caller,
}

impl Credential {
    pub(super) fn caller(&self, family: Family) -> Caller {
        match family {
            Family::Netex => self.netex,
            Family::Bpm => self.bpm,
            Family::F5 => self.f5,
            Family::Public => Caller::Anybody,
        }
    }
}

const NO: Caller = Caller::Refused(401);
const DISABLED: Caller = Caller::Refused(403);
const NO_SUCH_USER: Caller = Caller::Refused(404);
const NETEX: &str = "X-Cloud-Auth-Token";
const AUTHORIZATION: &str = "Authorization";

/// All credentials. The rows are the server's before the first request of the table.
pub(super) fn all(rows: &Rows) -> Vec<Credential> {
    let mut all = Vec::new();
    let mut add = |name: &str, headers: &[(&str, &str)], [netex, bpm, f5]: [Caller; 3]| {
        all.push(Credential {
            name: name.to_owned(),
            headers: headers
                .iter()
                .map(|&(name, value)| (name.to_owned(), value.into()))
                .collect(),
            netex,
            bpm,
            f5,
        });
    };
    add("nothing", &[], [NO; 3]);
    add(
        "both headers empty",
        &[(NETEX, ""), (AUTHORIZATION, "")],
        [NO; 3],
    );

    let long = "hush-netex".repeat(820);
    let [ana, bob] = ["ana", "bob"].map(|name| basic(name, &format!("hush-{name}'s")));
    for (name, value, netex) in [
        ("a Netex token", "hush-netex", Caller::Service),
        ("the other Netex token", "hush-netex-two", Caller::Service),
        ("a Netex token in capitals", "HUSH-NETEX", NO),
        ("a Netex token cut short", "hush-nete", NO),
        ("a Netex token and a letter", "hush-netexx", NO),
        ("a Netex token and a NEL", "hush-netex\u{85}", NO),
        ("a Netex token with a tab in it", "hush-\tnetex", NO),
        ("8 KiB of a Netex token", &long, NO),
        ("the list of Netex tokens", "hush-netex, hush-netex-two", NO),
        ("a star as a Netex token", "*", NO),
        ("a comma as a Netex token", ",", NO),
        ("an F5 token as Netex's", "hush-ana", NO),
        ("a password as a Netex token", "hush-ana's", NO),
        ("BPM's header as a Netex token", &ana, NO),
        ("F5's header as a Netex token", "APIToken hush-ana", NO),
    ] {
        add(name, &[(NETEX, value)], [netex, NO, NO]);
    }
    let two = [(NETEX, "hush-wrong"), (NETEX, "hush-netex")];
    add("two Netex tokens, the first one wrong", &two, [NO; 3]);
    let two = [(NETEX, "hush-netex"), (NETEX, "hush-wrong")];
    add("two Netex tokens, the second one wrong", &two, [NO; 3]);

    let as_user = Caller::User;
    add(
        "BPM: ana",
        &[(AUTHORIZATION, &ana)],
        [NO, as_user("ana"), NO],
    );
    add(
        "BPM: bob",
        &[(AUTHORIZATION, &bob)],
        [NO, as_user("bob"), NO],
    );
    for (name, user, password, bpm) in [
        ("the name in capitals", "ANA", "hush-ana's", as_user("ana")),
        (
            "the second erik",
            "erik",
            "hush-the-other's",
            as_user("erik"),
        ),
        ("the first erik, deleted", "erik", "hush-erik's", NO),
        ("the earlier password", "ana", "hush-the-earlier", NO),
        ("deleted", "dora", "hush-dora's", NO),
        ("disabled", "carl", "hush-carl's", NO),
        ("signs in elsewhere", "frida", "hush-frida's", NO),
        ("nobody of this name", "gus", "hush-gus's", NO),
        ("another's password", "ana", "hush-bob's", NO),
        ("the password in capitals", "ana", "HUSH-ANA'S", NO),
        ("the password cut short", "ana", "hush-ana'", NO),
        ("the password and a NUL", "ana", "hush-ana's\0", NO),
        ("the password and a line break", "ana", "hush-ana's\r\n", NO),
        ("an empty password", "ana", "", NO),
        ("8 KiB of a password", "ana", &"hush-ana's".repeat(820), NO),
        ("the password's hash", "ana", &hash(rows), NO),
        ("an F5 token for a password", "ana", "hush-ana", NO),
        ("a Netex token for a password", "ana", "hush-netex", NO),
        ("no name", "", "hush-ana's", NO),
        ("8 KiB of a name", &"ana".repeat(2731), "hush-ana's", NO),
        ("the name and a NUL", "ana\0", "hush-ana's", NO),
        ("the name in Cyrillic", "\u{430}na", "hush-ana's", NO),
        ("the name escaped", "%61na", "hush-ana's", NO),
        ("the number for a name", "1", "hush-ana's", NO),
        ("the externalId for a name", "ext-ana-10", "hush-ana's", NO),
        ("current for a name", "current", "hush-ana's", NO),
    ] {
        let value = basic(user, password);
        add(
            &format!("BPM: {name}"),
            &[(AUTHORIZATION, &value)],
            [NO, bpm, NO],
        );
    }
    let encoded = &ana["Basic ".len()..];
    let without_colon = format!("Basic {}", STANDARD.encode("hush-ana's"));
    let not_utf8 = format!("Basic {}", STANDARD.encode(b"ana:\xff"));
    for (name, value, bpm) in [
        (
            "scheme in small letters",
            format!("basic {encoded}"),
            as_user("ana"),
        ),
        ("base64 cut short", ana[..ana.len() - 6].to_owned(), NO),
        (
            "base64 in capitals",
            format!("Basic {}", encoded.to_uppercase()),
            NO,
        ),
        ("no base64", "Basic ana:hush-ana's".to_owned(), NO),
        ("no colon", without_colon, NO),
        ("no UTF-8", not_utf8, NO),
        ("scheme alone", "Basic".to_owned(), NO),
        ("nothing behind the scheme", "Basic ".to_owned(), NO),
        ("no scheme", encoded.to_owned(), NO),
        ("a tab behind the scheme", format!("Basic\t{encoded}"), NO),
        ("another scheme", format!("Digest {encoded}"), NO),
        ("two in one header", format!("{ana}, {bob}"), NO),
    ] {
        add(
            &format!("BPM: {name}"),
            &[(AUTHORIZATION, &value)],
            [NO, bpm, NO],
        );
    }

    for (name, value, f5) in [
        ("ana", "APIToken hush-ana", as_user("ana")),
        ("bob", "APIToken hush-bob", as_user("bob")),
        ("a bearer", "Bearer hush-ana", as_user("ana")),
        (
            "scheme in small letters",
            "apitoken hush-ana",
            as_user("ana"),
        ),
        (
            "signs in elsewhere",
            "APIToken hush-frida",
            as_user("frida"),
        ),
        (
            "the name of a deleted user, used again",
            "APIToken hush-erik",
            as_user("erik"),
        ),
        ("disabled", "APIToken hush-carl", DISABLED),
        ("deleted", "APIToken hush-dora", NO_SUCH_USER),
        (
            "of a user who never existed",
            "APIToken hush-gus",
            NO_SUCH_USER,
        ),
        ("the token in capitals", "APIToken HUSH-ANA", NO),
        ("the token cut short", "APIToken hush-an", NO),
        ("the token and a letter", "APIToken hush-anab", NO),
        (
            "the token and a DEL in UTF-8",
            "APIToken hush-ana\u{80}",
            NO,
        ),
        (
            "8 KiB of the token",
            &format!("APIToken {}", "hush-ana".repeat(1024)),
            NO,
        ),
        ("name and token", "APIToken ana=hush-ana", NO),
        ("a list", "APIToken hush-ana,bob=hush-bob", NO),
        (
            "two in one header",
            "APIToken hush-ana, APIToken hush-bob",
            NO,
        ),
        ("a tab behind the scheme", "APIToken\thush-ana", NO),
        ("scheme alone", "APIToken", NO),
        ("nothing behind the scheme", "APIToken ", NO),
        ("no scheme", "hush-ana", NO),
        ("another scheme", "Token hush-ana", NO),
        ("a Netex token", "APIToken hush-netex", NO),
        ("a password", "APIToken hush-ana's", NO),
    ] {
        add(
            &format!("F5: {name}"),
            &[(AUTHORIZATION, value)],
            [NO, NO, f5],
        );
    }

    let token = "APIToken hush-ana";
    for (name, value) in [
        ("BPM's header twice", ana.as_str()),
        ("F5's header twice", token),
    ] {
        add(
            name,
            &[(AUTHORIZATION, value), (AUTHORIZATION, value)],
            [NO; 3],
        );
    }
    let both = [(AUTHORIZATION, ana.as_str()), (AUTHORIZATION, token)];
    add("BPM's header and F5's", &both, [NO; 3]);
    let elsewhere = [
        ("Proxy-Authorization", ana.as_str()),
        ("X-Authorization", token),
    ];
    add("in headers that don't count", &elsewhere, [NO; 3]);
    let cookie = [(
        "Cookie",
        "X-Cloud-Auth-Token=hush-netex; Authorization=hush-ana",
    )];
    add("in a cookie", &cookie, [NO; 3]);
    let all_families = [(NETEX, "hush-netex"), (AUTHORIZATION, token)];
    add(
        "Netex's and F5's",
        &all_families,
        [Caller::Service, NO, as_user("ana")],
    );
    let all_families = [(NETEX, "hush-netex"), (AUTHORIZATION, bob.as_str())];
    add(
        "Netex's and BPM's",
        &all_families,
        [Caller::Service, as_user("bob"), NO],
    );
    all
}

/// The hash of ana's password, as a thief of the store would have it.
fn hash(rows: &Rows) -> String {
    let record: Value = serde_json::from_slice(&rows["visage.user.1"]).expect("a record is JSON");
    let hash = find(&record).expect("ana has a password");
    assert!(hash.starts_with("$argon2id$"), "{hash}");
    hash.to_owned()
}

fn find(value: &Value) -> Option<&str> {
    match value {
        Value::Object(members) => members.values().find_map(find),
        Value::String(text) if text.starts_with("$argon2") => Some(text),
        _ => None,
    }
}
