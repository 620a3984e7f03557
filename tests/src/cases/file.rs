//! A file of cases, which can be rewritten in place.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::Deserialize;
use toml_edit::DocumentMut;

use crate::root;

pub(super) struct CaseFile {
    path: PathBuf,
    document: DocumentMut,
    content: Content,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    /// Variables of the server, added to the usual ones.
    #[serde(default)]
    variables: BTreeMap<String, String>,
    #[serde(rename = "case")]
    cases: Vec<Case>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) request: String,
    pub(super) answer: String,
}

impl CaseFile {
    pub(super) fn read(name: &str) -> Self {
        let path = root().join(format!("tests/cases/{name}.toml"));
        let text = std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let document: DocumentMut = text
            .parse()
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let content: Content = toml_edit::de::from_str(&text)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut names = BTreeSet::new();
        for case in &content.cases {
            assert!(
                names.insert(&case.name),
                "{}: two cases named {:?}",
                path.display(),
                case.name
            );
        }
        Self {
            path,
            document,
            content,
        }
    }

    pub(super) fn variables(&self) -> Vec<(&str, &str)> {
        self.content
            .variables
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect()
    }

    pub(super) fn cases(&self) -> Vec<Case> {
        self.content.cases.clone()
    }

    /// Replaces a case's answer and leaves the rest of the file unchanged.
    pub(super) fn set_answer(&mut self, index: usize, answer: &str) {
        // The quotes of a new text can only be chosen by parsing it with them.
        let quoted: DocumentMut = format!("answer = '''\n{answer}\n'''")
            .parse()
            .expect("an answer has no '''");
        let item = &mut self.document["case"]
            .as_array_of_tables_mut()
            .expect("cases are tables")
            .get_mut(index);
        let case = item.as_mut().expect("the case stands in the file");
        case["answer"] = quoted["answer"].clone();
    }

    pub(super) fn write(&self) {
        std::fs::write(&self.path, self.document.to_string())
            .expect("the file of cases is written");
    }
}
