//! What a user may do on each of Netex's platforms.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A platform that has roles of its own; Netex's page calls them sections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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

/// The roles of one user: at least one of management.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roles(BTreeMap<Section, Vec<Role>>);

impl Default for Roles {
    fn default() -> Self {
        Self(BTreeMap::from([(Section::Management, vec![Role::User])]))
    }
}

impl TryFrom<BTreeMap<Section, Vec<Role>>> for Roles {
    type Error = &'static str;

    /// Expects roles that their sections have; doubles are folded.
    fn try_from(mut sections: BTreeMap<Section, Vec<Role>>) -> Result<Self, Self::Error> {
        for roles in sections.values_mut() {
            let given = std::mem::take(roles);
            for role in given {
                if !roles.contains(&role) {
                    roles.push(role);
                }
            }
        }
        match sections.get(&Section::Management) {
            Some(roles) if !roles.is_empty() => Ok(Self(sections)),
            _ => Err("must have at least one of user, groupadmin, admin"),
        }
    }
}
