//! Netex learningCloud: `POST …/users/{user}/image`, add an image to a user, and `GET`, the image that a user's
//! `image.url` names.

use http::Method;
use visage::Error;
use visage::netex::{self, Mode, Operation, Target};
use visage::spin::{Call, Component, ErrorCode, Request, Response, serve};
use visage::user::User;
use visage::variable::NETEX_TOKENS;
use visage::web::Answer;

struct NetexUserImage;
spin_sdk::wasip3::http::service::export!(NetexUserImage);

impl Component for NetexUserImage {
    async fn handle(request: Request) -> Result<Response, ErrorCode> {
        serve(request, answer, async |_, error| netex::refuse(error)).await
    }
}

async fn answer(call: &mut Call) -> Result<Answer, Error> {
    match call.head.method {
        Method::POST => add(call).await,
        Method::GET | Method::HEAD => show(call).await,
        _ => Err(Error::MethodNotAllowed {
            allow: "GET, HEAD, POST",
        }),
    }
}

async fn add(call: &mut Call) -> Result<Answer, Error> {
    netex::authorize(&call.head, call.variable(&NETEX_TOKENS).await?.as_ref())?;
    call.head.require_json(true)?;
    let body = call.body().await?;
    let mode = Mode::of(&call.head)?;
    let image = netex::image_body(&body)?;
    let user = owner(call).await?;

    call.directory.put_avatar(user.number, Some(&image)).await?;
    netex::succeed(Operation::Image, mode)
}

async fn show(call: &mut Call) -> Result<Answer, Error> {
    netex::authorize(&call.head, call.variable(&NETEX_TOKENS).await?.as_ref())?;
    let user = owner(call).await?;
    let avatar = call.directory.avatar(user.number).await?;
    netex::show_image(&call.head, avatar.ok_or(Error::NoImage)?)
}

async fn owner(call: &Call) -> Result<User, Error> {
    match Target::of(&call.head)? {
        Target::Image(user) => netex::find_user(&call.directory, &user).await,
        _ => Err(Error::NoSuchPath),
    }
}
