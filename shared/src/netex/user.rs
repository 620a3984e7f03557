//! Users in Netex's requests and answers.

use serde::Serialize;
use serde_json_borrow::Value;

use super::image::{ImageSource, image_of_user};
use super::image_url;
use crate::Error;
use crate::name::{UserId, Username};
use crate::password::Password;
use crate::roles::{Role, Roles, Section};
use crate::user::{
    AuthSource, Email, ForeignId, Language, NewUser, Object, Profile, Text, TimeZone, User,
};
use crate::web::{Members, raw_member, read_object, shortened};

/// Reads the body of "Create user": `{"user":{…}}`, or the inner object alone. The image is told apart, since it
/// may have to be fetched.
///
/// # Errors
/// [`Error::Invalid`] and [`Error::Image`] naming the field.
pub fn new_user(body: &[u8]) -> Result<(NewUser, Option<ImageSource>), Error> {
    let root = read_object(body)?;
    let members = user_members(&root, body)?;
    let username = members
        .checked("username")?
        .flatten()
        .ok_or_else(|| members.invalid("username", "is mandatory"))?;
    let auth_source: AuthSource = members.checked("authSource")?.flatten().unwrap_or_default();
    let password = match members.string("password")?.flatten() {
        None => None,
        Some(text) => {
            if !auth_source.is_local() {
                return Err(
                    members.invalid("password", "must be absent unless authSource is LOCAL")
                );
            }
            let password = Password::try_from(text);
            Some(password.map_err(|problem| members.invalid("password", problem))?)
        }
    };
    let mut profile = Profile::default();
    change_profile(members, &mut profile)?;
    let new = NewUser {
        username,
        auth_source,
        password,
        enabled: members.boolean("enabled")?.flatten().unwrap_or(true),
        roles: roles(members)?.unwrap_or_default(),
        external_id: members.checked("externalId")?.flatten(),
        common_id: members.checked("commonId")?.flatten(),
        profile,
        image: None,
    };
    let image = members.get("image").map(image_of_user).transpose()?;
    Ok((new, image.flatten()))
}

/// The body of "Update user".
pub struct Update<'b> {
    root: Value<'b>,
    body: &'b [u8],
}

impl<'b> Update<'b> {
    /// Reads the body: `{"user":{…}}`, or the inner object alone.
    ///
    /// # Errors
    /// [`Error::Invalid`] naming the field.
    pub fn read(body: &'b [u8]) -> Result<Self, Error> {
        let root = read_object(body)?;
        let update = Self { root, body };
        let members = update.members()?;
        // All that can be wrong by itself comes out now, before anyone is looked up.
        change_profile(members, &mut Profile::default())?;
        members.checked::<AuthSource>("authSource")?;
        members.boolean("enabled")?;
        roles(members)?;
        for name in ["username", "externalId", "commonId"] {
            members.string(name)?;
        }
        Ok(update)
    }

    fn members(&self) -> Result<Members<'_>, Error> {
        user_members(&self.root, self.body)
    }

    /// The image that the user is to have: `None` where it stays, `Some(None)` where it goes.
    ///
    /// # Errors
    /// [`Error::Invalid`] and [`Error::Image`] naming the field.
    pub fn image(&self) -> Result<Option<Option<ImageSource>>, Error> {
        self.members()?.get("image").map(image_of_user).transpose()
    }

    /// Changes a user: absent fields stay, and `null` clears those of the profile.
    ///
    /// # Errors
    /// [`Error::Invalid`] where a field is given that cannot change, and is not the present one.
    pub fn apply(&self, user: &mut User) -> Result<(), Error> {
        let members = self.members()?;
        let present = [
            ("username", Some(user.username.as_str())),
            ("externalId", user.external_id.as_deref()),
            ("commonId", user.common_id.as_deref()),
        ];
        for (name, present) in present {
            let given = members.string(name)?.flatten();
            if given.is_some() && given != present {
                return Err(members.invalid(name, "cannot be changed"));
            }
        }
        if let Some(auth_source) = members.checked("authSource")?.flatten() {
            user.auth_source = auth_source;
        }
        if let Some(enabled) = members.boolean("enabled")?.flatten() {
            user.enabled = enabled;
        }
        if let Some(roles) = roles(members)? {
            user.roles = roles;
        }
        change_profile(members, &mut user.profile)
    }
}

/// Reads the body of a change of password: `{"newPassword":…}`.
///
/// # Errors
/// [`Error::Invalid`] naming the field.
pub fn new_password(body: &[u8]) -> Result<Password, Error> {
    let root = read_object(body)?;
    let members = Members::of(&root, "");
    let text = members
        .string("newPassword")?
        .flatten()
        .ok_or_else(|| members.invalid("newPassword", "is mandatory"))?;
    Password::try_from(text).map_err(|problem| members.invalid("newPassword", problem))
}

/// Requires that the password of a user from this source is kept here, so that it can be changed.
///
/// # Errors
/// [`Error::Invalid`] for `newPassword`.
pub fn require_local(auth_source: &AuthSource) -> Result<(), Error> {
    if auth_source.is_local() {
        return Ok(());
    }
    let source = shortened(auth_source);
    Err(Error::invalid(
        "newPassword",
        format!(
            "cannot be set: the user's authSource is '{source}', so the password is kept there"
        ),
    ))
}

/// Checks the body of an activation or deactivation: none, or `{"message":…}`, which is for the user and goes nowhere.
///
/// # Errors
/// [`Error::Invalid`] naming the field.
pub fn check_message(body: &[u8]) -> Result<(), Error> {
    if body.is_empty() {
        return Ok(());
    }
    let root = read_object(body)?;
    Members::of(&root, "").string("message").map(drop)
}

fn user_members<'v>(root: &'v Value<'v>, body: &'v [u8]) -> Result<Members<'v>, Error> {
    match Members::of(root, "").get("user") {
        None => Ok(Members::of(root, "").with_text(body)),
        Some(user) if user.is_object() => {
            let members = Members::of(user, "");
            // Few requests have a member that is kept to the letter, for which the body is read once more.
            let has_objects = ["extra", "extendedFields"]
                .iter()
                .any(|name| members.get(name).is_some());
            let text = has_objects.then(|| raw_member(body, "user")).flatten();
            Ok(members.with_text(text.map_or(body, |text| text.get().as_bytes())))
        }
        Some(_) => Err(Error::invalid("user", "must be an object")),
    }
}

/// Sets what is given, and clears what is `null`.
fn change_profile(members: Members<'_>, profile: &mut Profile) -> Result<(), Error> {
    fn set<T>(field: &mut Option<T>, given: Option<Option<T>>) {
        if let Some(value) = given {
            *field = value;
        }
    }
    set(&mut profile.name, members.checked("name")?);
    set(&mut profile.surname, members.checked("surname")?);
    set(&mut profile.language, members.checked("language")?);
    set(&mut profile.timezone, members.checked("timezone")?);
    set(&mut profile.email, members.checked("email")?);
    set(&mut profile.office_phone, members.checked("officePhone")?);
    set(&mut profile.mobile_phone, members.checked("mobilePhone")?);
    set(&mut profile.interests, members.checked("interests")?);
    set(&mut profile.about_me, members.checked("aboutMe")?);
    set(&mut profile.location, members.checked("location")?);
    set(
        &mut profile.extended_fields,
        members.object("extendedFields")?,
    );
    set(&mut profile.extra, members.object("extra")?);
    Ok(())
}

fn roles(members: Members<'_>) -> Result<Option<Roles>, Error> {
    let Some(given) = members.get("roles").filter(|value| !value.is_null()) else {
        return Ok(None);
    };
    if !given.is_object() {
        return Err(members.invalid("roles", "must be an object"));
    }
    let mut sections = Vec::new();
    for (name, list) in Members::of(given, "roles.").iter() {
        let section = Section::ALL
            .into_iter()
            .find(|section| section.name() == name)
            .ok_or_else(|| {
                members.invalid(
                    "roles",
                    "may have the sections management, training, social, play",
                )
            })?;
        let allowed = || {
            let names: Vec<&str> = section.roles().iter().map(|role| role.name()).collect();
            let field = format!("roles.{}", section.name());
            Error::invalid(field, format!("must be a list of {}", names.join(", ")))
        };
        let list = match list {
            Value::Null => continue,
            list => list.as_array().ok_or_else(allowed)?,
        };
        let roles: Option<Vec<Role>> = list
            .iter()
            .map(|role| {
                let mut roles = section.roles().iter();
                roles
                    .find(|known| role.as_str() == Some(known.name()))
                    .copied()
            })
            .collect();
        sections.push((section, roles.ok_or_else(allowed)?));
    }
    Roles::try_from(sections)
        .map(Some)
        .map_err(|problem| members.invalid("roles.management", problem))
}

/// A user as Netex shows it, keys in alphabetical order. Never with a password.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View {
    about_me: Option<Text>,
    auth_source: AuthSource,
    common_id: Option<ForeignId>,
    email: Option<Email>,
    enabled: bool,
    extended_fields: Option<Object>,
    external_id: Option<ForeignId>,
    extra: Option<Object>,
    id: UserId,
    image: ImageView,
    interests: Option<Text>,
    language: Option<Language>,
    location: Option<Text>,
    mobile_phone: Option<Text>,
    name: Option<Text>,
    office_phone: Option<Text>,
    roles: Roles,
    surname: Option<Text>,
    timezone: Option<TimeZone>,
    username: Username,
}

#[derive(Serialize)]
struct ImageView {
    url: Option<String>,
}

/// The user as Netex shows it, on a service of this origin.
pub fn view(user: User, origin: &str, has_image: bool) -> impl Serialize + use<> {
    let url = has_image.then(|| image_url(origin, &user));
    let profile = user.profile;
    View {
        about_me: profile.about_me,
        auth_source: user.auth_source,
        common_id: user.common_id,
        email: profile.email,
        enabled: user.enabled,
        extended_fields: profile.extended_fields,
        external_id: user.external_id,
        extra: profile.extra,
        id: user.id,
        image: ImageView { url },
        interests: profile.interests,
        language: profile.language,
        location: profile.location,
        mobile_phone: profile.mobile_phone,
        name: profile.name,
        office_phone: profile.office_phone,
        roles: user.roles,
        surname: profile.surname,
        timezone: profile.timezone,
        username: user.username,
    }
}
