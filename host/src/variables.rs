//! The application's variables: the sources of their values, and templates.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail, ensure};
use wasmtime::component::{Accessor, HasData};

use crate::bindings::spin::variables::variables::{Error, Host, HostWithStore};
use crate::manifest::Variable;

/// The prefix of environment variables that set a variable.
const PREFIX: &str = "SPIN_VARIABLE_";

/// A `--variable` flag.
#[derive(Clone)]
pub struct Given {
    name: String,
    value: Value,
}

#[derive(Clone)]
enum Value {
    Text(String),
    File(PathBuf),
}

impl FromStr for Given {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, value) = text
            .split_once('=')
            .filter(|(name, _)| !name.starts_with('@'))
            .ok_or("expected NAME=VALUE or NAME=@FILE")?;
        let value = match value.strip_prefix('@') {
            Some(path) => Value::File(path.into()),
            None => Value::Text(value.to_owned()),
        };
        Ok(Self {
            name: name.to_owned(),
            value,
        })
    }
}

/// The sources of values besides the manifest.
pub struct Sources {
    given: HashMap<String, String>,
    environment: HashMap<String, String>,
}

impl Sources {
    /// Reads the sources in this order: the command line, the environment, a `.env` file in the working folder. The
    /// first value for a name wins. As in Spin, a value for a name that the manifest does not declare has no effect;
    /// [`Sources::unknown`] reports it.
    pub fn read(given: &[Given]) -> anyhow::Result<Self> {
        let mut environment = HashMap::new();
        let file = Path::new(".env");
        if file.exists() {
            for entry in dotenvy::from_path_iter(file).context("cannot read .env")? {
                environment.extend([entry.context("cannot read .env")?]);
            }
        }
        for (name, value) in std::env::vars_os() {
            let Some(name) = name.to_str().filter(|name| name.starts_with(PREFIX)) else {
                continue;
            };
            let value = value
                .into_string()
                .map_err(|_| anyhow!("{name} is not UTF-8"))?;
            environment.insert(name.to_owned(), value);
        }
        let given = given.iter().map(|Given { name, value }| {
            let value = match value {
                Value::Text(text) => text.clone(),
                Value::File(path) => std::fs::read_to_string(path)
                    .with_context(|| format!("cannot read {}", path.display()))?,
            };
            Ok((name.clone(), value))
        });
        Ok(Self {
            given: given.collect::<anyhow::Result<_>>()?,
            environment,
        })
    }

    /// Returns a message for each value whose name the manifest does not declare, sorted by name.
    pub fn unknown(&self, declared: &BTreeMap<String, Variable>) -> Vec<String> {
        let given = self.given.keys().map(|name| (name.clone(), name.clone()));
        let environment = self.environment.keys().filter_map(|key| {
            let name = key.strip_prefix(PREFIX)?.to_ascii_lowercase();
            Some((key.clone(), name))
        });
        let mut unknown: Vec<_> = given
            .chain(environment)
            .filter(|(_, name)| !declared.contains_key(name))
            .map(|(given, name)| {
                let hint = similar(&name, declared.keys())
                    .map(|known| format!(": did you mean {known}?"))
                    .unwrap_or_default();
                format!("{given} is no variable of {}{hint}", crate::manifest::FILE)
            })
            .collect();
        unknown.sort();
        unknown
    }

    fn get(&self, name: &str) -> Option<&String> {
        let environment = || {
            self.environment
                .get(&format!("{PREFIX}{}", name.to_ascii_uppercase()))
        };
        self.given.get(name).or_else(environment)
    }
}

/// The values of all the application's variables.
pub struct Variables(BTreeMap<String, String>);

impl Variables {
    /// Finds the value of each variable that the manifest declares.
    pub fn resolve(
        declared: &BTreeMap<String, Variable>,
        sources: &Sources,
    ) -> anyhow::Result<Self> {
        let values = declared.iter().map(|(name, variable)| {
            check_name(name).map_err(|reason| anyhow!("variable {name:?} {reason}"))?;
            let value = sources.get(name).or(variable.default.as_ref());
            let value = value.with_context(|| {
                format!("variable {name} has no value: give --variable {name}=VALUE")
            })?;
            Ok((name.clone(), value.clone()))
        });
        Ok(Self(values.collect::<anyhow::Result<_>>()?))
    }

    /// Names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &String)> {
        self.0.iter()
    }

    /// Replaces each `{{ name }}` in `template` by the variable's value.
    pub fn fill(&self, template: &str) -> anyhow::Result<String> {
        let mut filled = String::new();
        let mut rest = template;
        while let Some((literal, after)) = rest.split_once("{{") {
            let Some((name, after)) = after.split_once("}}") else {
                bail!("unmatched '{{{{' in {template:?}");
            };
            let name = name.trim();
            let value = self
                .0
                .get(name)
                .with_context(|| format!("unknown variable {name:?}"))?;
            filled.push_str(literal);
            filled.push_str(value);
            rest = after;
        }
        filled.push_str(rest);
        Ok(filled)
    }
}

/// The variables that a component sees: those of its own table in the manifest.
#[derive(Clone)]
pub struct Visible(Arc<HashMap<String, String>>);

impl Visible {
    /// Fills a component's templates.
    pub fn new(
        templates: &BTreeMap<String, String>,
        variables: &Variables,
    ) -> anyhow::Result<Self> {
        let filled = templates.iter().map(|(name, template)| {
            ensure!(
                check_name(name).is_ok(),
                "{name:?} is no name for a variable"
            );
            Ok((name.clone(), variables.fill(template)?))
        });
        Ok(Self(Arc::new(filled.collect::<anyhow::Result<_>>()?)))
    }

    fn get(&self, name: &str) -> Result<String, Error> {
        check_name(name).map_err(|reason| Error::InvalidName(format!("{name:?}: {reason}")))?;
        let value = self.0.get(name).cloned();
        value.ok_or_else(|| Error::Undefined(format!("no variable {name:?}")))
    }
}

/// Returns the name in `known` that `name` most resembles, if any does.
fn similar<'k>(name: &str, known: impl Iterator<Item = &'k String>) -> Option<&'k str> {
    // Clap uses this measure and this threshold for mistyped flags.
    known
        .map(|known| (strsim::jaro(name, known), known.as_str()))
        .filter(|(likeness, _)| *likeness > 0.7)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, known)| known)
}

/// Checks a variable's name by Spin's rule.
fn check_name(name: &str) -> Result<(), &'static str> {
    let known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        Err("must start with a lowercase letter")
    } else if !name.chars().all(known) {
        Err("may contain only lowercase letters, digits and underscores")
    } else if name.ends_with('_') || name.contains("__") {
        Err("may have an underscore only between other characters")
    } else {
        Ok(())
    }
}

impl HasData for Visible {
    type Data<'a> = &'a mut Visible;
}

impl Host for Visible {}

impl<T> HostWithStore<T> for Visible {
    async fn get(
        accessor: &Accessor<T, Self>,
        name: String,
    ) -> wasmtime::Result<Result<String, Error>> {
        Ok(accessor.with(|mut access| access.get().get(&name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&str, &str)]) -> HashMap<String, String> {
        pairs
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect()
    }

    #[test]
    fn the_command_line_beats_the_environment_beats_the_default() {
        let sources = Sources {
            given: map(&[("a", "given"), ("unknown", "ignored")]),
            environment: map(&[("SPIN_VARIABLE_A", "env"), ("SPIN_VARIABLE_B_C", "env")]),
        };
        let all = "a.default = 'default'\nb_c.default = 'default'\nd.default = ''";
        let all = toml::from_str(all).unwrap();
        let variables = Variables::resolve(&all, &sources).unwrap();
        assert_eq!(
            variables.fill("{{a}} {{ b_c }} {{ d }}!").unwrap(),
            "given env !"
        );
        let without = toml::from_str("e.required = true").unwrap();
        assert!(Variables::resolve(&without, &sources).is_err());
    }

    #[test]
    fn undeclared_names_are_reported() {
        let declared = "netex_tokens.default = ''\nf5_tokens.default = ''\npath.default = ''";
        let declared = toml::from_str(declared).unwrap();
        let sources = Sources {
            given: map(&[
                ("netex_tokens", "known"),
                ("netex_token", "hush"),
                ("zebra", "hush"),
            ]),
            environment: map(&[
                ("SPIN_VARIABLE_F5_TOKENS", "known"),
                ("SPIN_VARIABLE_F5TOKENS", "hush"),
                ("PATHS", "not meant for us, but in .env"),
            ]),
        };
        assert_eq!(
            sources.unknown(&declared),
            [
                "SPIN_VARIABLE_F5TOKENS is no variable of spin.toml: did you mean f5_tokens?",
                "netex_token is no variable of spin.toml: did you mean netex_tokens?",
                "zebra is no variable of spin.toml",
            ]
        );
    }

    #[test]
    fn templates() {
        let variables = Variables([("a".to_owned(), "x}}{{".to_owned())].into());
        for (template, filled) in [
            ("", ""),
            ("plain } {", "plain } {"),
            ("{{a}}", "x}}{{"),
            ("1{{  a  }}2{{a}}", "1x}}{{2x}}{{"),
        ] {
            assert_eq!(variables.fill(template).unwrap(), filled);
        }
        assert!(variables.fill("{{ a").is_err());
        assert!(variables.fill("{{ b }}").is_err());
    }

    #[test]
    fn a_component_sees_only_its_own() {
        let variables = Variables([("a".to_owned(), "x".to_owned())].into());
        let templates = [("mine".to_owned(), "{{ a }}y".to_owned())].into();
        let visible = Visible::new(&templates, &variables).unwrap();
        assert_eq!(visible.get("mine").unwrap(), "xy");
        assert!(matches!(visible.get("a"), Err(Error::Undefined(_))));
        for name in ["", "A", "a-b", "a__b", "a_", "_a", "1a"] {
            assert!(
                matches!(visible.get(name), Err(Error::InvalidName(_))),
                "{name}"
            );
        }
    }

    #[test]
    fn values_given_on_the_command_line() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "from file\n").unwrap();
        let given = ["a=b=c".to_owned(), format!("f=@{}", file.path().display())];
        let given: Vec<Given> = given.iter().map(|g| g.parse().unwrap()).collect();
        let sources = Sources::read(&given).unwrap();
        assert_eq!(sources.get("a").unwrap(), "b=c");
        assert_eq!(sources.get("f").unwrap(), "from file\n");
        assert!("name".parse::<Given>().is_err());
        assert!("@file.toml".parse::<Given>().is_err());
    }
}
