//! Netex learningCloud: `POST …/users` (create user), and `GET`, which lists the users.

use http::header::LOCATION;
use http::{HeaderValue, Method};
use visage::netex::{self, Error, Mode, Operation, Page};
use visage::spin::{Call, Component, ErrorCode, Request, Response, serve};
use visage::variable::{NETEX_TOKENS, PUBLIC_AVATARS};
use visage::web::{self, Answer};

struct NetexUsers;
spin_sdk::wasip3::http::service::export!(NetexUsers);

impl Component for NetexUsers {
    async fn handle(request: Request) -> Result<Response, ErrorCode> {
        serve(request, answer, async |_, error| netex::refuse(error)).await
    }
}

async fn answer(call: &mut Call) -> Result<Answer, Error> {
    match call.head.method {
        Method::POST => create(call).await,
        Method::GET | Method::HEAD => list(call).await,
        _ => Err(web::Error::MethodNotAllowed {
            allow: "GET, HEAD, POST",
        }
        .into()),
    }
}

async fn create(call: &mut Call) -> Result<Answer, Error> {
    netex::authorize(&call.head, call.variable(&NETEX_TOKENS).await?.as_ref())?;
    call.head.require_json(true)?;
    let body = call.body().await?;
    let mode = Mode::of(&call.head)?;
    let (mut user, image) = netex::new_user(&body)?;
    if let Some(source) = image {
        user.image = Some(call.image(source).await?);
    }

    // Everything that can fail without the store comes before the creation.
    let origin = call.origin().await?;
    let user = call.directory.create(user).await?;
    call.tidy_after(user.number);

    let mut answer = netex::succeed(Operation::Create, mode)?;
    if let Ok(location) = HeaderValue::try_from(netex::user_url(&origin, &user)) {
        answer.headers_mut().insert(LOCATION, location);
    }
    Ok(answer)
}

async fn list(call: &mut Call) -> Result<Answer, Error> {
    netex::authorize(&call.head, call.variable(&NETEX_TOKENS).await?.as_ref())?;
    let Page { start, count } = Page::of(&call.head)?;
    let origin = call.origin().await?;
    let is_public = *call.variable(&PUBLIC_AVATARS).await?;
    let page = call.directory.list(start, count).await?;
    for error in &page.unreadable {
        call.note(error.detail().unwrap_or_default());
    }
    let views = page
        .users
        .into_iter()
        .map(|(user, image)| netex::view(user, &origin, image.as_ref(), is_public));
    netex::show(&views.collect::<Vec<_>>())
}
