//! Reads `spin.toml` for the tests. A test about every function takes its list from here, and so fails for a function
//! that it doesn't cover.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use routefinder::{RouteSpec, Router};
use serde::Deserialize;

use crate::artifacts::root;

/// The parts of a manifest that tests need.
#[derive(Deserialize)]
pub struct Manifest {
    /// The application's variables.
    #[serde(default)]
    pub variables: BTreeMap<String, Variable>,
    trigger: Triggers,
    /// The components, by name.
    #[serde(rename = "component")]
    pub components: BTreeMap<String, Component>,
}

/// A variable of the application.
#[derive(Deserialize)]
pub struct Variable {
    /// Whether its value is a secret.
    #[serde(default)]
    pub secret: bool,
}

#[derive(Deserialize)]
struct Triggers {
    http: Vec<Route>,
}

/// A route and its component.
#[derive(Deserialize)]
pub struct Route {
    /// The route, as written.
    #[serde(rename = "route")]
    pub path: String,
    /// The component's name.
    pub component: String,
}

/// A component.
#[derive(Deserialize)]
pub struct Component {
    /// The path of the WebAssembly file, relative to the manifest's folder.
    pub source: PathBuf,
}

impl Manifest {
    /// Reads the application's own manifest.
    #[must_use]
    pub fn of_visage() -> Self {
        Self::read("spin.toml")
    }

    /// Reads a manifest. The path is relative to the workspace.
    #[must_use]
    pub fn read(name: &str) -> Self {
        let text = std::fs::read_to_string(root().join(name))
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        toml_edit::de::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Returns all routes, in manifest order.
    #[must_use]
    pub fn routes(&self) -> &[Route] {
        &self.trigger.http
    }

    /// Fails unless every component receives one of these requests, given by their targets. `place` names the file
    /// that needs another request.
    #[track_caller]
    pub fn assert_each_component_is_sent<'t>(
        &self,
        targets: impl IntoIterator<Item = &'t str>,
        place: &str,
    ) {
        let reached = self.reached(targets);
        let reached: BTreeSet<_> = reached.iter().map(|route| &route.component).collect();
        let components = self.components.keys();
        let missed: Vec<_> = components.filter(|name| !reached.contains(name)).collect();
        assert!(
            missed.is_empty(),
            "components of spin.toml that no request reaches here: {missed:?}. Add requests for them to {place}."
        );
    }

    /// Fails unless every route receives one of these requests, given by their targets. `place` names the file that
    /// needs another request.
    #[track_caller]
    pub fn assert_each_route_is_sent<'t>(
        &self,
        targets: impl IntoIterator<Item = &'t str>,
        place: &str,
    ) {
        let reached = self.reached(targets);
        let reached: BTreeSet<_> = reached.iter().map(|route| &route.path).collect();
        let routes = self.routes().iter().map(|route| &route.path);
        let missed: Vec<_> = routes.filter(|path| !reached.contains(path)).collect();
        assert!(
            missed.is_empty(),
            "routes of spin.toml that no request takes here: {missed:?}. Add requests for them to {place}."
        );
    }

    /// Routes requests by Spin's rules.
    fn reached<'t>(&self, targets: impl IntoIterator<Item = &'t str>) -> Vec<&Route> {
        let mut router = Router::new();
        for route in self.routes() {
            let spec: Result<RouteSpec, _> = match route.path.strip_suffix("/...") {
                Some(prefix) => format!("{prefix}/*").parse(),
                None => route.path.parse(),
            };
            let spec = spec.unwrap_or_else(|error| panic!("the route {}: {error}", route.path));
            // Adding an already parsed spec cannot fail.
            let _ = router.add(spec, route);
        }
        let paths = targets
            .into_iter()
            .map(|target| target.split('?').next().unwrap_or(target));
        paths
            .filter_map(|path| router.best_match(path).map(|found| *found.handler()))
            .collect()
    }
}
