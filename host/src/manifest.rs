//! The parts of `spin.toml` that the host understands.
//!
//! The host rejects settings that it does not know. If it ignored one that Spin honours, the two would differ
//! silently.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use serde::Deserialize;
use serde::de::IgnoredAny;

/// The file's default name.
pub const FILE: &str = "spin.toml";

/// A manifest of version 2.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    spin_manifest_version: u32,
    #[serde(rename = "application")]
    _application: Application,
    /// The application's variables, by name.
    #[serde(default)]
    pub variables: BTreeMap<String, Variable>,
    trigger: Triggers,
    /// The components, by name.
    #[serde(default, rename = "component")]
    pub components: BTreeMap<String, Component>,
    /// The folder that the manifest's paths are relative to.
    #[serde(skip)]
    pub folder: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Application {
    #[serde(rename = "name")]
    _name: String,
    #[serde(rename = "version")]
    _version: Option<IgnoredAny>,
    #[serde(rename = "description")]
    _description: Option<IgnoredAny>,
    #[serde(rename = "authors")]
    _authors: Option<IgnoredAny>,
    #[serde(rename = "tool")]
    _tool: Option<IgnoredAny>,
}

/// A variable of the application.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    /// Its value if no source sets one.
    pub default: Option<String>,
    #[serde(rename = "required")]
    _required: Option<bool>,
    #[serde(rename = "secret")]
    _secret: Option<bool>,
    #[serde(rename = "description")]
    _description: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Triggers {
    http: Vec<Trigger>,
}

/// A route and its component.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trigger {
    #[serde(rename = "id")]
    _id: Option<IgnoredAny>,
    /// The route, as written.
    pub route: String,
    /// The component's name.
    pub component: String,
}

/// A component and what it may use.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Component {
    #[serde(rename = "description")]
    _description: Option<IgnoredAny>,
    /// The path of the WebAssembly file, relative to the manifest's folder.
    pub source: PathBuf,
    /// Its variables, as templates.
    #[serde(default)]
    pub variables: BTreeMap<String, String>,
    /// The hosts it may send requests to, as templates.
    #[serde(default)]
    pub allowed_outbound_hosts: Vec<String>,
    /// The stores it may open.
    #[serde(default)]
    pub key_value_stores: Vec<String>,
    /// Its build settings.
    pub build: Option<Build>,
    #[serde(rename = "tool")]
    _tool: Option<IgnoredAny>,
}

/// How a component is built.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Build {
    command: Commands,
    /// The folder that the commands run in, relative to the manifest's folder.
    pub workdir: Option<PathBuf>,
    #[serde(rename = "watch")]
    _watch: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Commands {
    One(String),
    Many(Vec<String>),
}

impl Build {
    /// The shell commands, in order.
    pub fn commands(&self) -> &[String] {
        match &self.command {
            Commands::One(command) => std::slice::from_ref(command),
            Commands::Many(commands) => commands,
        }
    }
}

impl Manifest {
    /// Reads the manifest `from` a file or a folder. Without `from`, searches this folder and those above it.
    pub fn read(from: Option<&Path>) -> anyhow::Result<Self> {
        let path = match from {
            Some(path) if path.is_dir() => path.join(FILE),
            Some(path) => path.to_owned(),
            None => find()?,
        };
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        let mut manifest =
            Self::parse(&text).with_context(|| format!("cannot use {}", path.display()))?;
        manifest.folder = std::path::absolute(&path)?
            .parent()
            .context("a file has a folder")?
            .to_owned();
        Ok(manifest)
    }

    fn parse(text: &str) -> anyhow::Result<Self> {
        let manifest: Self = toml::from_str(text)?;
        ensure!(
            manifest.spin_manifest_version == 2,
            "spin_manifest_version must be 2"
        );
        for trigger in &manifest.trigger.http {
            let Trigger {
                route, component, ..
            } = trigger;
            ensure!(
                manifest.components.contains_key(component),
                "the route {route} leads to {component}, which is no component"
            );
        }
        for (name, component) in &manifest.components {
            if let Some(store) = component.key_value_stores.iter().find(|s| *s != "default") {
                bail!("{name} asks for the store {store}; there is only `default`");
            }
        }
        Ok(manifest)
    }

    /// The routes, in the order of the file.
    pub fn routes(&self) -> &[Trigger] {
        &self.trigger.http
    }

    /// The components that have a route.
    pub fn routed(&self) -> impl Iterator<Item = (&String, &Component)> {
        let used: HashSet<_> = self
            .trigger
            .http
            .iter()
            .map(|t| t.component.as_str())
            .collect();
        self.components
            .iter()
            .filter(move |(name, _)| used.contains(name.as_str()))
    }
}

fn find() -> anyhow::Result<PathBuf> {
    let here = std::env::current_dir()?;
    here.ancestors()
        .map(|folder| folder.join(FILE))
        .find(|path| path.is_file())
        .with_context(|| format!("there is no {FILE} in {} or above", here.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINIMAL: &str = r#"
        spin_manifest_version = 2
        [application]
        name = "a"
        [[trigger.http]]
        route = "/..."
        component = "one"
        [component.one]
        source = "one.wasm"
    "#;

    #[test]
    fn the_applications_own_manifest_is_understood() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let manifest = Manifest::read(Some(&path)).unwrap();
        assert_eq!(manifest.routed().count(), manifest.components.len());
    }

    #[test]
    fn unknown_settings_are_refused() {
        assert!(Manifest::parse(MINIMAL).is_ok());
        for more in [
            "files = ['x']",
            "environment = { A = 'b' }",
            "key_value_stores = ['second']",
            "[component.two]\nsource = { url = 'http://x', digest = 'y' }",
            "[[trigger.redis]]\nchannel = 'c'\ncomponent = 'one'",
            "[[trigger.http]]\nroute = '/a'\ncomponent = 'none'",
            "[[trigger.http]]\nroute = { private = true }\ncomponent = 'one'",
            "[application.trigger.http]\nbase = '/b'",
        ] {
            assert!(
                Manifest::parse(&format!("{MINIMAL}\n{more}")).is_err(),
                "{more}"
            );
        }
    }
}
