//! The roles of users on Netex's platforms.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A platform with its own roles. Netex's page calls it a section.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Section {
    /// User management. Every user has a role here.
    Management,
    /// Courses.
    Training,
    /// The social network.
    Social,
    /// Games.
    Play,
}

/// A role. Each [`Section`] has its own set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Uses the platform.
    User,
    /// Teaches.
    Trainer,
    /// Creates games.
    Author,
    /// Approves games.
    Validator,
    /// Administers a group.
    GroupAdmin,
    /// Administers the platform.
    Admin,
}

impl Section {
    /// All sections, in the order of the vendor's page.
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

    /// The section's roles, in the order of the vendor's page.
    pub fn roles(self) -> &'static [Role] {
        match self {
            Self::Management => &[Role::User, Role::GroupAdmin, Role::Admin],
            Self::Training => &[Role::User, Role::Trainer, Role::GroupAdmin, Role::Admin],
            Self::Social => &[Role::User, Role::Admin],
            Self::Play => &[Role::User, Role::Author, Role::Validator, Role::Admin],
        }
    }

    /// Returns the roles with these names, without duplicates.
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

/// Roles as written: for each section's name, the names of its roles, or `null` if absent.
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

/// The roles of one user. Each belongs to its section and occurs once. At least one is a management role.
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

    /// Removes duplicates.
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
