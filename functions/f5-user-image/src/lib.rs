//! F5 Distributed Cloud: `PUT /api/web/namespaces/system/user/settings/image` (update the current user's image), with
//! `GET` and `DELETE`.

use http::Method;
use visage::f5::{self, CurrentUser, Error};
use visage::name::UserNumber;
use visage::spin::{Call, Component, ErrorCode, Request, Response, serve};
use visage::variable::{F5_RATE_LIMIT, F5_TOKENS};
use visage::web::{self, Answer};

struct F5UserImage;
spin_sdk::wasip3::http::service::export!(F5UserImage);

impl Component for F5UserImage {
    async fn handle(request: Request) -> Result<Response, ErrorCode> {
        serve(request, answer, async |_, error| f5::refuse(error)).await
    }
}

async fn answer(call: &mut Call) -> Result<Answer, Error> {
    match call.head.method {
        Method::PUT => update(call).await,
        Method::GET | Method::HEAD => show(call).await,
        Method::DELETE => remove(call).await,
        _ => Err(web::Error::MethodNotAllowed {
            allow: "DELETE, GET, HEAD, PUT",
        }
        .into()),
    }
}

async fn update(call: &mut Call) -> Result<Answer, Error> {
    let caller = authorize(call, async |_| ()).await?;
    call.head.require_json(false)?;
    let body = call.body().await?;
    let image = f5::image_body(&body)?;
    let (user, ()) = caller.existing()?;

    let terms = f5::terms(&call.head, *call.variable(&F5_RATE_LIMIT).await?);
    let change = call
        .directory
        .put_avatar_on(&terms, user.number, Some(&image))
        .await?;
    f5::updated(&change)
}

async fn show(call: &mut Call) -> Result<Answer, Error> {
    let read = async |number| call.directory.avatar(number).await;
    let (_, avatar) = authorize(call, read).await?.existing()?;
    f5::show(&call.head, avatar?.ok_or(Error::NoImage)?)
}

async fn remove(call: &mut Call) -> Result<Answer, Error> {
    let (user, ()) = authorize(call, async |_| ()).await?.existing()?;

    let terms = f5::terms(&call.head, *call.variable(&F5_RATE_LIMIT).await?);
    call.directory
        .put_avatar_on(&terms, user.number, None)
        .await?;
    f5::removed()
}

async fn authorize<T>(
    call: &Call,
    read: impl AsyncFn(UserNumber) -> T,
) -> Result<CurrentUser<T>, Error> {
    let tokens = call.variable(&F5_TOKENS).await?;
    f5::authorize(&call.head, &tokens, &call.directory, read).await
}
