//! What a user may do on each of Netex's platforms.

use serde::{Deserialize, Serialize};

/// A platform that has roles of its own; Netex's page calls them sections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
#[serde(deny_unknown_fields)]
pub struct Roles {
    #[serde(skip_serializing_if = "Option::is_none")]
    management: Option<Vec<Role>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    training: Option<Vec<Role>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    social: Option<Vec<Role>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    play: Option<Vec<Role>>,
}

impl Default for Roles {
    fn default() -> Self {
        Self {
            management: Some(vec![Role::User]),
            training: None,
            social: None,
            play: None,
        }
    }
}

impl TryFrom<Vec<(Section, Vec<Role>)>> for Roles {
    type Error = &'static str;

    /// Expects roles that their sections have; doubles are folded, and of lists for one section the last counts.
    fn try_from(sections: Vec<(Section, Vec<Role>)>) -> Result<Self, Self::Error> {
        let mut roles = Self {
            management: None,
            training: None,
            social: None,
            play: None,
        };
        for (section, given) in sections {
            let mut list = Vec::new();
            for role in given {
                if !list.contains(&role) {
                    list.push(role);
                }
            }
            let place = match section {
                Section::Management => &mut roles.management,
                Section::Training => &mut roles.training,
                Section::Social => &mut roles.social,
                Section::Play => &mut roles.play,
            };
            *place = Some(list);
        }
        match &roles.management {
            Some(list) if !list.is_empty() => Ok(roles),
            _ => Err("must have at least one of user, groupadmin, admin"),
        }
    }
}
