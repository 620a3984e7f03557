//! Users in Netex's requests and answers.

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::image::{ImageFields, ImageSource};
use super::{Error, image_url};
use crate::directory::Change;
use crate::name::{UserId, Username};
use crate::password::Password;
use crate::roles::{RoleLists, Roles};
use crate::user::{
    AuthSource, Email, ForeignId, Language, NewUser, Object, Profile, Text, TimeZone, User,
};
use crate::web::json::{self, Borrowed, Members, Patch};
use crate::web::{self, shortened};

/// The members of a user in a request. Any other is ignored: clients of newer versions send more.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct UserFields<'b, P> {
    username: Option<Username>,
    /// An optional [`Password`] where one is taken, [`IgnoredAny`] where not.
    password: P,
    auth_source: Option<AuthSource>,
    enabled: Option<bool>,
    roles: Option<RoleLists>,
    external_id: Option<ForeignId>,
    common_id: Option<ForeignId>,
    name: Patch<Text>,
    surname: Patch<Text>,
    language: Patch<Language>,
    timezone: Patch<TimeZone>,
    email: Patch<Email>,
    office_phone: Patch<Text>,
    mobile_phone: Patch<Text>,
    interests: Patch<Text>,
    about_me: Patch<Text>,
    location: Patch<Text>,
    extended_fields: Patch<Object>,
    extra: Patch<Object>,
    #[serde(borrow)]
    image: Patch<Members<ImageFields<'b, Patch<String>>>>,
}

/// A body in which the user has a name.
#[derive(Deserialize)]
struct UserBody<'b, P> {
    #[serde(borrow, default)]
    user: Patch<Members<UserFields<'b, P>>>,
}

impl<'b, P: Default + Deserialize<'b>> UserFields<'b, P> {
    /// Reads a body: `{"user":{…}}`, or the inner object alone.
    fn read(body: &'b [u8]) -> Result<Self, web::Error> {
        let inside = |path: &str| path.strip_prefix("user.").unwrap_or(path).to_owned();
        let UserBody { user } = json::read(body, inside)?;
        let fields: Self = match user {
            Patch::Set(Members(fields)) => fields,
            Patch::Clear => return Err(web::Error::invalid("user", "must be an object")),
            Patch::Keep => json::read(body, str::to_owned)?,
        };
        // What is kept to the letter is sent to other clients.
        if matches!(fields.extra, Patch::Set(_)) || matches!(fields.extended_fields, Patch::Set(_))
        {
            json::check(body)?;
        }
        Ok(fields)
    }

    fn roles(&self) -> Result<Option<Roles>, web::Error> {
        let roles = self.roles.clone().map(Roles::try_from).transpose();
        roles.map_err(|fault| match fault.section() {
            Some(section) => {
                web::Error::invalid(format!("roles.{}", section.name()), fault.to_string())
            }
            None => web::Error::invalid("roles", fault.to_string()),
        })
    }

    fn image(&self) -> Result<Patch<ImageSource>, web::Error> {
        match &self.image {
            Patch::Keep => Ok(Patch::Keep),
            Patch::Clear => Ok(Patch::Clear),
            Patch::Set(Members(fields)) => fields.source(),
        }
    }

    fn change_profile(&self, profile: &mut Profile) {
        self.name.apply(&mut profile.name);
        self.surname.apply(&mut profile.surname);
        self.language.apply(&mut profile.language);
        self.timezone.apply(&mut profile.timezone);
        self.email.apply(&mut profile.email);
        self.office_phone.apply(&mut profile.office_phone);
        self.mobile_phone.apply(&mut profile.mobile_phone);
        self.interests.apply(&mut profile.interests);
        self.about_me.apply(&mut profile.about_me);
        self.location.apply(&mut profile.location);
        self.extended_fields.apply(&mut profile.extended_fields);
        self.extra.apply(&mut profile.extra);
    }
}

/// Reads the body of "Create user": `{"user":{…}}`, or the inner object alone. The image is told apart, since it
/// may have to be fetched.
///
/// # Errors
/// [`web::Error::Invalid`] and [`web::Error::Image`] naming the field.
pub fn new_user(body: &[u8]) -> Result<(NewUser, Option<ImageSource>), web::Error> {
    let mut fields = UserFields::<Option<Password>>::read(body)?;
    let username = fields.username.take();
    let username = username.ok_or_else(|| web::Error::invalid("username", "is mandatory"))?;
    let auth_source = fields.auth_source.take().unwrap_or_default();
    if fields.password.is_some() && !auth_source.is_local() {
        return Err(web::Error::invalid(
            "password",
            "must be absent unless authSource is LOCAL",
        ));
    }
    let roles = fields.roles()?.unwrap_or_default();
    let image = match fields.image()? {
        Patch::Set(source) => Some(source),
        Patch::Keep | Patch::Clear => None,
    };
    let mut profile = Profile::default();
    fields.change_profile(&mut profile);
    let new = NewUser {
        username,
        auth_source,
        password: fields.password,
        enabled: fields.enabled.unwrap_or(true),
        roles,
        external_id: fields.external_id,
        common_id: fields.common_id,
        profile,
        image: None,
    };
    Ok((new, image))
}

/// The body of "Update user".
pub struct Update<'b> {
    fields: UserFields<'b, IgnoredAny>,
    roles: Option<Roles>,
}

impl<'b> Update<'b> {
    /// Reads the body: `{"user":{…}}`, or the inner object alone. All that can be wrong by itself comes out here, but
    /// for the image.
    ///
    /// # Errors
    /// [`web::Error::Invalid`] naming the field.
    pub fn read(body: &'b [u8]) -> Result<Self, web::Error> {
        let fields = UserFields::read(body)?;
        let roles = fields.roles()?;
        Ok(Self { fields, roles })
    }

    /// The image that the user is to have.
    ///
    /// # Errors
    /// [`web::Error::Invalid`] and [`web::Error::Image`] naming the field.
    pub fn image(&self) -> Result<Patch<ImageSource>, web::Error> {
        self.fields.image()
    }

    /// Changes a user: absent fields stay, and `null` clears those of the profile.
    ///
    /// # Errors
    /// [`web::Error::Invalid`] where a field is given that cannot change, and is not the present one.
    pub fn apply(&self, user: &mut User) -> Result<(), Error> {
        let fields = &self.fields;
        let fixed = [
            (
                "username",
                fields.username.as_ref().map(Username::as_str),
                Some(user.username.as_str()),
            ),
            (
                "externalId",
                fields.external_id.as_deref(),
                user.external_id.as_deref(),
            ),
            (
                "commonId",
                fields.common_id.as_deref(),
                user.common_id.as_deref(),
            ),
        ];
        for (name, given, present) in fixed {
            if given.is_some() && given != present {
                return Err(web::Error::invalid(name, "cannot be changed").into());
            }
        }
        if let Some(auth_source) = &fields.auth_source {
            user.auth_source = auth_source.clone();
        }
        if let Some(enabled) = fields.enabled {
            user.enabled = enabled;
        }
        if let Some(roles) = &self.roles {
            user.roles = roles.clone();
        }
        fields.change_profile(&mut user.profile);
        Ok(())
    }
}

/// Reads the body of a change of password: `{"newPassword":…}`.
///
/// # Errors
/// [`web::Error::Invalid`] naming the field.
pub fn new_password(body: &[u8]) -> Result<Password, web::Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Body {
        new_password: Option<Password>,
    }
    let Body { new_password } = json::read(body, str::to_owned)?;
    new_password.ok_or_else(|| web::Error::invalid("newPassword", "is mandatory"))
}

/// Requires that the password of a user from this source is kept here, so that it can be changed.
///
/// # Errors
/// [`web::Error::Invalid`] for `newPassword`.
pub fn require_local(auth_source: &AuthSource) -> Result<(), Error> {
    if auth_source.is_local() {
        return Ok(());
    }
    let source = shortened(auth_source);
    Err(web::Error::invalid(
        "newPassword",
        format!(
            "cannot be set: the user's authSource is '{source}', so the password is kept there"
        ),
    )
    .into())
}

/// Checks the body of an activation or deactivation: none, or `{"message":…}`, which is for the user and goes nowhere.
///
/// # Errors
/// [`web::Error::Invalid`] naming the field.
pub fn check_message(body: &[u8]) -> Result<(), web::Error> {
    #[derive(Deserialize)]
    struct Body<'b> {
        #[serde(borrow, rename = "message")]
        _message: Option<Borrowed<'b>>,
    }
    if body.is_empty() {
        return Ok(());
    }
    json::read::<Body<'_>>(body, str::to_owned).map(drop)
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

/// The user as Netex shows it, on a service of this origin. `image` is the change that stored the image, if there is one.
/// The image's URL is the public one if `is_public`, and else wants a token.
pub fn view(
    user: User,
    origin: &str,
    image: Option<&Change>,
    is_public: bool,
) -> impl Serialize + use<> {
    let url = image.map(|change| match is_public {
        true => web::public_avatar_url(origin, &user.id, change),
        false => image_url(origin, &user),
    });
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
