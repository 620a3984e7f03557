//! Netex learningCloud: `PUT …/users/{user}` (update user), with `GET` and `DELETE`. Below the user: `activate`,
//! `deactivate` and `changePassword`, and `image` if the path has a doubled slash.

use http::Method;
use visage::netex::{self, Error, Mode, Operation, Target, Update};
use visage::spin::{Call, Component, ErrorCode, Request, Response, serve};
use visage::variable::{NETEX_TOKENS, PUBLIC_AVATARS};
use visage::web::json::Patch;
use visage::web::{self, Answer};

struct NetexUser;
spin_sdk::wasip3::http::service::export!(NetexUser);

impl Component for NetexUser {
    async fn handle(request: Request) -> Result<Response, ErrorCode> {
        serve(request, answer, async |_, error| netex::refuse(error)).await
    }
}

async fn answer(call: &mut Call) -> Result<Answer, Error> {
    use Target::{Activate, ChangePassword, Deactivate, Image, User};
    match (Target::of(&call.head)?, &call.head.method) {
        (User(user), &Method::PUT) => update(call, &user).await,
        (User(user), &Method::GET | &Method::HEAD) => show(call, &user).await,
        (User(user), &Method::DELETE) => delete(call, &user).await,
        (User(_), _) => Err(web::Error::MethodNotAllowed {
            allow: "DELETE, GET, HEAD, PUT",
        }
        .into()),
        (Activate(user), &Method::PUT) => enable(call, &user, true).await,
        (Deactivate(user), &Method::PUT) => enable(call, &user, false).await,
        (ChangePassword(user), &Method::PUT) => change_password(call, &user).await,
        (Activate(_) | Deactivate(_) | ChangePassword(_), _) => {
            Err(web::Error::MethodNotAllowed { allow: "PUT" }.into())
        }
        // Spin routes images to another component, except if the path has a doubled slash.
        (Image(user), &Method::POST) => add_image(call, &user).await,
        (Image(user), &Method::GET | &Method::HEAD) => show_image(call, &user).await,
        (Image(_), _) => Err(web::Error::MethodNotAllowed {
            allow: "GET, HEAD, POST",
        }
        .into()),
    }
}

async fn update(call: &mut Call, user: &str) -> Result<Answer, Error> {
    netex::authorize(&call.head, call.variable(&NETEX_TOKENS).await?.as_ref())?;
    call.head.require_json(false)?;
    let body = call.body().await?;
    let mode = Mode::of(&call.head)?;
    let update = Update::read(&body)?;
    let image = match update.image()? {
        Patch::Set(source) => Some(call.image(source).await?),
        Patch::Clear => None,
        Patch::Keep => {
            netex::update_user(&call.directory, user, |user| update.apply(user)).await?;
            return netex::succeed(Operation::Update, mode);
        }
    };

    let fields = |user: &mut _| update.apply(user);
    netex::update_user_and_image(&call.directory, user, image.as_ref(), fields).await?;
    netex::succeed(Operation::Update, mode)
}

async fn show(call: &mut Call, user: &str) -> Result<Answer, Error> {
    netex::authorize(&call.head, call.variable(&NETEX_TOKENS).await?.as_ref())?;
    let change = async |number| call.directory.avatar_change(number).await;
    let (user, change) = netex::find_user_with(&call.directory, user, change).await?;
    let image = change?;
    let origin = call.origin().await?;
    let is_public = *call.variable(&PUBLIC_AVATARS).await?;
    netex::show(&netex::view(user, &origin, image.as_ref(), is_public))
}

async fn delete(call: &mut Call, user: &str) -> Result<Answer, Error> {
    netex::authorize(&call.head, call.variable(&NETEX_TOKENS).await?.as_ref())?;
    let mode = Mode::of(&call.head)?;
    let number = netex::delete_user(&call.directory, user).await?;
    call.tidy_after(number);
    netex::succeed(Operation::Delete, mode)
}

async fn enable(call: &mut Call, user: &str, enabled: bool) -> Result<Answer, Error> {
    netex::authorize(&call.head, call.variable(&NETEX_TOKENS).await?.as_ref())?;
    call.head.require_json(false)?;
    let body = call.body().await?;
    let mode = Mode::of(&call.head)?;
    netex::check_message(&body)?;

    netex::update_user(&call.directory, user, |user| {
        user.enabled = enabled;
        Ok(())
    })
    .await?;
    netex::succeed(Operation::Enable, mode)
}

async fn change_password(call: &mut Call, user: &str) -> Result<Answer, Error> {
    netex::authorize(&call.head, call.variable(&NETEX_TOKENS).await?.as_ref())?;
    call.head.require_json(false)?;
    let body = call.body().await?;
    let mode = Mode::of(&call.head)?;
    let password = netex::new_password(&body)?;
    let user = netex::find_user(&call.directory, user).await?;

    let hash = password.hash().map_err(visage::Error::from)?;
    call.directory
        .update(user.number, |user| {
            netex::require_local(&user.auth_source)?;
            user.password = Some(hash.clone());
            Ok::<_, Error>(())
        })
        .await?;
    netex::succeed(Operation::ChangePassword, mode)
}

async fn add_image(call: &mut Call, user: &str) -> Result<Answer, Error> {
    netex::authorize(&call.head, call.variable(&NETEX_TOKENS).await?.as_ref())?;
    call.head.require_json(true)?;
    let body = call.body().await?;
    netex::add_image(&call.head, &call.directory, user, &body).await
}

async fn show_image(call: &mut Call, user: &str) -> Result<Answer, Error> {
    netex::authorize(&call.head, call.variable(&NETEX_TOKENS).await?.as_ref())?;
    netex::show_image(&call.head, &call.directory, user).await
}
