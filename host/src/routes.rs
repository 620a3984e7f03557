//! Maps paths to components by Spin's rules.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use anyhow::{anyhow, ensure};
use routefinder::{Captures, RouteSpec};

use crate::manifest::Trigger;

/// The prefix that Spin reserves for itself in every application.
pub const WELL_KNOWN: &str = "/.well-known/spin/";

/// The application's routes.
pub struct Routes(routefinder::Router<Route>);

/// A route and its component.
pub struct Route {
    /// The route as written in the manifest.
    pub raw: String,
    /// The component's name.
    pub component: String,
}

impl Route {
    /// The route without a trailing slash.
    pub fn based(&self) -> &str {
        self.raw.strip_suffix('/').unwrap_or(&self.raw)
    }

    /// The route without its final wildcard.
    pub fn prefix(&self) -> &str {
        self.raw.strip_suffix("/...").unwrap_or(&self.raw)
    }
}

/// Formats the route as `spin up` does.
impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let based = self.based();
        match based.strip_suffix("/...").or(based.strip_suffix("/*")) {
            Some(prefix) => write!(f, "{prefix} (wildcard)"),
            None => f.write_str(based),
        }
    }
}

/// The route that matches a path, and its captures.
pub struct Found<'a> {
    /// The matching route.
    pub route: &'a Route,
    captures: Captures<'a, 'a>,
    path: &'a str,
}

impl Found<'_> {
    /// The route's named segments and their values in this path.
    pub fn segments(&self) -> impl Iterator<Item = (&str, &str)> {
        self.captures
            .params()
            .iter()
            .map(|capture| (capture.name(), capture.value()))
    }

    /// The part of the path that the final wildcard matches. A trailing slash is part of it, though routefinder drops
    /// it.
    pub fn rest(&self) -> Cow<'_, str> {
        match (self.captures.wildcard(), self.path.ends_with('/')) {
            (None, _) | (Some(""), false) => "".into(),
            (Some(""), true) => "/".into(),
            (Some(rest), false) => format!("/{rest}").into(),
            (Some(rest), true) => format!("/{rest}/").into(),
        }
    }
}

impl Routes {
    /// Collects the manifest's routes. Fails if a route is written twice: Spin would never use the first.
    pub fn new(triggers: &[Trigger]) -> anyhow::Result<Self> {
        let mut router = routefinder::Router::new();
        let mut seen = HashSet::new();
        for Trigger {
            route, component, ..
        } in triggers
        {
            ensure!(seen.insert(route), "the route {route} is there twice");
            ensure!(
                !route.starts_with(WELL_KNOWN),
                "the host itself answers {route}"
            );
            let raw = match route.starts_with('/') {
                true => route.clone(),
                false => format!("/{route}"),
            };
            let route = Route {
                raw,
                component: component.clone(),
            };
            let spec: RouteSpec = match route.based().strip_suffix("/...") {
                Some(prefix) => format!("{prefix}/*").parse(),
                None => route.based().parse(),
            }
            .map_err(|e| anyhow!("cannot use the route {}: {e}", route.raw))?;
            // Adding an already parsed spec cannot fail.
            router
                .add(spec, route)
                .unwrap_or_else(|never| match never {});
        }
        Ok(Self(router))
    }

    /// All routes, those with precedence first.
    pub fn iter(&self) -> impl Iterator<Item = &Route> {
        self.0.iter().map(|(_, route)| route)
    }

    /// Finds the route for `path`.
    pub fn find<'a>(&'a self, path: &'a str) -> Option<Found<'a>> {
        let found = self.0.best_match(path)?;
        Some(Found {
            route: found.handler(),
            captures: found.captures(),
            path,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routes(routes: &[&str]) -> Routes {
        let manifest: String = routes
            .iter()
            .map(|route| format!("[[trigger.http]]\nroute = '{route}'\ncomponent = '{route}'\n"))
            .collect();
        let manifest: toml::Table = toml::from_str(&manifest).unwrap();
        let triggers = manifest
            .get("trigger")
            .unwrap()
            .get("http")
            .unwrap()
            .clone();
        Routes::new(&triggers.try_into::<Vec<Trigger>>().unwrap()).unwrap()
    }

    #[test]
    fn precedence() {
        let order = ["/...", "/a/...", "/a/:x", "/a/b", "/a/:x/image", "/a/b/..."];
        let mut backwards = order;
        backwards.reverse();
        for routes in [routes(&order), routes(&backwards)] {
            for (path, expected) in [
                ("/", "/..."),
                ("/c", "/..."),
                ("/a", "/a/..."),
                ("/a/", "/a/..."),
                ("/a/b", "/a/b"),
                ("/a/b/", "/a/b"),
                ("/a/c", "/a/:x"),
                ("/a/c/image", "/a/:x/image"),
                ("/a/c/other", "/a/..."),
                ("/a/b/c", "/a/b/..."),
                ("/a//b", "/a/..."),
            ] {
                assert_eq!(
                    routes.find(path).unwrap().route.component,
                    expected,
                    "{path}"
                );
            }
        }
        assert!(routes(&["/a"]).find("/b").is_none());
        assert!(routes(&["/a"]).find("/a/b").is_none());
    }

    #[test]
    fn captures() {
        let routes = routes(&["/users/...", "/users/:user/image"]);
        for (path, rest) in [
            ("/users", ""),
            ("/users/", "/"),
            ("/users/a", "/a"),
            ("/users/a/b/", "/a/b/"),
            ("/users//a", "//a"),
        ] {
            assert_eq!(routes.find(path).unwrap().rest(), rest, "{path}");
        }
        let image = routes.find("/users/a%2Fb/image").unwrap();
        assert_eq!(image.segments().collect::<Vec<_>>(), [("user", "a%2Fb")]);
        assert_eq!(image.rest(), "");
        assert_eq!(image.route.to_string(), "/users/:user/image");
        assert_eq!(
            routes.find("/users").unwrap().route.to_string(),
            "/users (wildcard)"
        );
    }
}
