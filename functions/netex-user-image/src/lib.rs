//! Netex learningCloud: `POST …/users/{user}/image` (add an image to a user), and `GET`, which shows the image. A
//! user's `image.url` leads here.

use http::Method;
use visage::netex::{self, Error, Target};
use visage::spin::{Call, Component, ErrorCode, Request, Response, serve};
use visage::variable::NETEX_TOKENS;
use visage::web::{self, Answer};

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
        _ => Err(web::Error::MethodNotAllowed {
            allow: "GET, HEAD, POST",
        }
        .into()),
    }
}

async fn add(call: &mut Call) -> Result<Answer, Error> {
    netex::authorize(&call.head, call.variable(&NETEX_TOKENS).await?.as_ref())?;
    call.head.require_json(true)?;
    let body = call.body().await?;
    netex::add_image(&call.head, &call.directory, &user(call)?, &body).await
}

async fn show(call: &mut Call) -> Result<Answer, Error> {
    netex::authorize(&call.head, call.variable(&NETEX_TOKENS).await?.as_ref())?;
    netex::show_image(&call.head, &call.directory, &user(call)?).await
}

/// Returns the user's segment of the path.
fn user(call: &Call) -> Result<String, Error> {
    match Target::of(&call.head)? {
        Target::Image(user) => Ok(user),
        _ => Err(Error::NoSuchPath),
    }
}
