//! What a user may do on each of Netex's platforms.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A platform that has roles of its own; Netex's page calls them sections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Section {
    /// The management of users; every user has a role here.
    Management,
    /// The courses.
    Training,
    /// The social network.
    Social,
    /// The games.
    Play,
}

/// A role; which there are depends on the [`Section`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Uses the platform.
    User,
    /// Teaches.
    Trainer,
    /// Writes games.
    Author,
    /// Approves games.
    Validator,
    /// Administers a group.
    GroupAdmin,
    /// Administers the platform.
    Admin,
}

impl Section {
    /// All sections, in the order in which the vendor's page lists them.
    pub const ALL: [Self; 4] = [Self::Management, Self::Training, Self::Social, Self::Play];

    /// The section's name in requests and answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Management => "management",
            Self::Training => "training",
            Self::Social => "social",
            Self::Play => "play",
        }
    }

    /// The roles there are, in the order in which the vendor's page lists them.
    pub fn roles(self) -> &'static [Role] {
        match self {
            Self::Management => &[Role::User, Role::GroupAdmin, Role::Admin],
            Self::Training => &[Role::User, Role::Trainer, Role::GroupAdmin, Role::Admin],
            Self::Social => &[Role::User, Role::Admin],
            Self::Play => &[Role::User, Role::Author, Role::Validator, Role::Admin],
        }
    }

    /// The roles of these names, each once.
    fn read(self, names: &[String]) -> Result<Vec<Role>, RolesFault> {
        let mut list = Vec::new();
        for name in names {
            let mut roles = self.roles().iter().copied();
            let role = roles
                .find(|role| role.name() == name)
                .ok_or(RolesFault::UnknownRole(self))?;
            if !list.contains(&role) {
                list.push(role);
            }
        }
        Ok(list)
    }
}

impl Role {
    /// The role's name in requests and answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Trainer => "trainer",
            Self::Author => "author",
            Self::Validator => "validator",
            Self::GroupAdmin => "groupadmin",
            Self::Admin => "admin",
        }
    }
}

/// Roles as they are written: for each section, by its name, the names of roles, or `null` for an absent one.
pub type RoleLists = BTreeMap<String, Option<Vec<String>>>;

/// What can be wrong with the roles of a user. The texts are read after the name of the field that holds them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RolesFault {
    /// There is no such section.
    #[error("may have the sections {}", names(Section::ALL, Section::name))]
    UnknownSection,
    /// The section has no such role.
    #[error("must be a list of {}", names(.0.roles().iter().copied(), Role::name))]
    UnknownRole(Section),
    /// The section must have a role, and has none.
    #[error("must have at least one of {}", names(.0.roles().iter().copied(), Role::name))]
    NoRole(Section),
}

impl RolesFault {
    /// The section that is wrong.
    pub fn section(self) -> Option<Section> {
        match self {
            Self::UnknownSection => None,
            Self::UnknownRole(section) | Self::NoRole(section) => Some(section),
        }
    }
}

fn names<T>(all: impl IntoIterator<Item = T>, name: fn(T) -> &'static str) -> String {
    let names: Vec<_> = all.into_iter().map(name).collect();
    names.join(", ")
}

/// The roles of one user: such as their sections have, each once, and at least one of management.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RoleLists")]
pub struct Roles(BTreeMap<Section, Vec<Role>>);

impl Default for Roles {
    fn default() -> Self {
        Self(BTreeMap::from([(Section::Management, vec![Role::User])]))
    }
}

impl TryFrom<RoleLists> for Roles {
    type Error = RolesFault;

    /// Doubles are folded.
    fn try_from(lists: RoleLists) -> Result<Self, Self::Error> {
        let mut roles = BTreeMap::new();
        for (section, list) in lists {
            let mut sections = Section::ALL.into_iter();
            let section = sections
                .find(|known| known.name() == section)
                .ok_or(RolesFault::UnknownSection)?;
            if let Some(list) = list {
                roles.insert(section, section.read(&list)?);
            }
        }
        let management = roles.get(&Section::Management);
        if management.is_none_or(Vec::is_empty) {
            return Err(RolesFault::NoRole(Section::Management));
        }
        Ok(Self(roles))
    }
}
