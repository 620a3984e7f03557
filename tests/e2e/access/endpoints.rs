//! The endpoints and methods: the answer to each caller, and what it may change.

use serde_json::json;
use visage_tests::{Request, fixtures};

use super::credentials::{Caller, Family};
use crate::calls;

const USERS: &str = "/integration/ws/management/rest/users";
const AVATAR: &str = "/rest/bpm/wle/v1/avatar";
const F5: [&str; 2] = [
    "/api/web/namespaces/system/user/settings/image",
    "/api/v1/api/production/us-east-1/namespaces/default/api/web/namespaces/system/user/settings/image",
];

const INDEX: &str = "/avatars/index";

/// Whose data a request is about.
#[derive(Clone, Copy, PartialEq)]
enum Whose {
    /// Nobody's: the method is unknown here. This is checked before the caller.
    UnknownMethod,
    /// What everybody may see.
    Everybody,
    /// All users', for a Netex token.
    All,
    /// The caller's own.
    Own,
    /// This user's.
    Named(&'static str),
}

/// A path with a method.
pub(super) struct Endpoint {
    pub(super) name: String,
    pub(super) family: Family,
    /// The request, complete except for credentials.
    pub(super) request: Request,
    whose: Whose,
    reads: bool,
}

impl Endpoint {
    /// The expected status for this caller.
    pub(super) fn status(&self, caller: Caller) -> u16 {
        let has_picture = |user| matches!(user, "ana" | "bob");
        match (self.whose, caller) {
            (Whose::UnknownMethod, _) => 405,
            (_, Caller::Refused(status)) => status,
            // These are BPM's paths. Anyone may read any user but change only themselves.
            (Whose::Named("nobody"), _) => 404,
            (Whose::Named(user), Caller::User(caller)) if user != caller && !self.reads => 403,
            // Without a picture F5 answers 404, while BPM has a default one.
            (Whose::Own, Caller::User(user))
                if self.family == Family::F5 && self.reads && !has_picture(user) =>
            {
                404
            }
            _ => 200,
        }
    }

    /// Whether this caller's request may change the value at `key`.
    pub(super) fn may(&self, caller: Caller, key: &str) -> bool {
        let user = match caller {
            // A list writes down which numbers are users, and so does what cleans up after creations and deletions, some
            // time after the answer.
            _ if key == "visage.segments.0" => return true,
            Caller::Service if key == "visage.segment.0.changes" => {
                return self.request.method == "DELETE";
            }
            // The first who sees an avatar in a size lets it be rendered.
            Caller::Anybody => {
                return ["visage.avatar.1", "visage.rendering.1."]
                    .iter()
                    .any(|start| key.starts_with(start));
            }
            _ if self.reads => return false,
            Caller::Refused(_) => return false,
            Caller::Service if self.request.target == INDEX => {
                return ["visage.indexed", "visage.email.", "visage.md5."]
                    .iter()
                    .any(|start| key.starts_with(start));
            }
            // The keys of a new user.
            Caller::Service if self.request.method == "POST" && self.request.target == USERS => {
                return [
                    "visage.name.",
                    "visage.user.8",
                    "visage.avatar.8",
                    "visage.sequence",
                ]
                .iter()
                .any(|start| key.starts_with(start));
            }
            // All other Netex requests are about ana. A deletion removes her pointers.
            Caller::Service if key.starts_with("visage.name.") => {
                return self.request.method == "DELETE";
            }
            Caller::Service if key.starts_with("visage.external.") => {
                return self.request.method == "DELETE";
            }
            Caller::Service => "ana",
            Caller::User(user) => user,
        };
        let number = match user {
            "ana" => 1,
            "bob" => 2,
            "erik" => 6,
            "frida" => 7,
            other => panic!("{other} may change nothing"),
        };
        let avatar = format!("visage.avatar.{number}");
        key == avatar
            || key.starts_with(&format!("{avatar}."))
            || caller == Caller::Service && key == format!("visage.user.{number}")
    }
}

/// All endpoints.
pub(super) fn all() -> Vec<Endpoint> {
    let mut all = Vec::new();
    let mut add = |family, whose, request: Request| {
        let method = match request.headers.first() {
            Some((name, value)) if name.starts_with("X-") => {
                format!("{} as {}", request.method, value.escape_ascii())
            }
            _ => request.method.clone(),
        };
        all.push(Endpoint {
            name: format!("{method} {}", request.target),
            family,
            reads: matches!(request.method.as_str(), "GET" | "HEAD"),
            request,
            whose,
        });
    };

    let netex = |method: &str, below: &str| Request::new(method, &format!("{USERS}{below}"));
    let image = json!({ "base64Image": fixtures::base64("avatar.gif") });
    for (method, below, body) in [
        ("GET", "", None),
        ("HEAD", "", None),
        ("POST", "", Some(json!({ "username": "new" }))),
        ("GET", "/ana", None),
        ("HEAD", "/ana", None),
        (
            "PUT",
            "/ana",
            Some(json!({ "name": "Ana", "image": image })),
        ),
        ("DELETE", "/ana", None),
        ("PUT", "/ana/activate", None),
        ("PUT", "/ana/deactivate", None),
        (
            "PUT",
            "/ana/changePassword",
            Some(json!({ "newPassword": "hush-new" })),
        ),
        ("GET", "/ana/image", None),
        ("HEAD", "/ana/image", None),
        ("POST", "/ana/image", Some(image.clone())),
    ] {
        let request = netex(method, below);
        let request = body.map_or(request.clone(), |body| request.json(&body));
        add(Family::Netex, Whose::All, request);
    }
    for below in [
        "",
        "/ana",
        "/ana/activate",
        "/ana/deactivate",
        "/ana/changePassword",
        "/ana/image",
    ] {
        add(Family::Netex, Whose::UnknownMethod, netex("PATCH", below));
    }

    add(Family::Netex, Whose::All, Request::new("POST", INDEX));
    add(
        Family::Netex,
        Whose::UnknownMethod,
        Request::new("GET", INDEX),
    );
    let avatar = calls::public_avatar("ana@example.org", "");
    for target in [&avatar.target, "/avatars/0123456789abcdef0123456789abcdef"] {
        for method in ["GET", "HEAD"] {
            add(
                Family::Public,
                Whose::Everybody,
                Request::new(method, target),
            );
        }
        add(
            Family::Public,
            Whose::UnknownMethod,
            Request::new("DELETE", target),
        );
    }

    let upload = calls::change_avatar("", "", "avatar.gif");
    let bpm = |method: &str, user: &str| {
        let request = Request::new(method, &format!("{AVATAR}/{user}"));
        match method {
            "POST" => request.body("multipart/form-data; boundary=limit", upload.body.clone()),
            _ => request,
        }
    };
    for method in ["GET", "HEAD", "POST", "DELETE"] {
        add(Family::Bpm, Whose::Own, bpm(method, "current"));
    }
    for method in ["GET", "POST", "DELETE"] {
        add(Family::Bpm, Whose::Named("ana"), bpm(method, "ana"));
    }
    add(Family::Bpm, Whose::Named("bob"), bpm("POST", "2"));
    add(Family::Bpm, Whose::Named("bob"), bpm("DELETE", "2"));
    add(Family::Bpm, Whose::Named("nobody"), bpm("POST", "dora"));
    let instead = |method: &str| {
        let request = Request::new("POST", &format!("{AVATAR}/ana"));
        request.header("X-HTTP-Method-Override", method)
    };
    add(Family::Bpm, Whose::Named("ana"), instead("DELETE"));
    add(Family::Bpm, Whose::UnknownMethod, instead("PUT"));
    add(Family::Bpm, Whose::UnknownMethod, bpm("PUT", "current"));

    for path in F5 {
        for method in ["GET", "HEAD", "DELETE"] {
            add(Family::F5, Whose::Own, Request::new(method, path));
        }
        let image = json!({ "image": fixtures::base64("avatar.gif") });
        add(
            Family::F5,
            Whose::Own,
            Request::new("PUT", path).json(&image),
        );
        add(Family::F5, Whose::UnknownMethod, Request::new("POST", path));
    }
    all
}
