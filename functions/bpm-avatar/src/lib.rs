//! IBM BPM: `POST /rest/bpm/wle/v1/avatar/{user}` (change my avatar), with `GET` and `DELETE`.

use http::Method;
use visage::bpm::{self, Error, Representation, ShownAvatar};
use visage::spin::{Alone, Call, Component, ErrorCode, Request, Response, serve};
use visage::user::User;
use visage::variable::{BPM_CROSS_SITE, EXPOSE_DETAILS};
use visage::web::{self, Answer};

struct BpmAvatar;
spin_sdk::wasip3::http::service::export!(BpmAvatar);

impl Component for BpmAvatar {
    async fn handle(request: Request) -> Result<Response, ErrorCode> {
        let alone = Alone::begin();
        let answer = async |call: &mut Call| answer(call, alone).await;
        serve(request, answer, async |call, error| {
            let details = call.variable(&EXPOSE_DETAILS).await;
            bpm::refuse(&call.head, error, details.is_ok_and(|exposed| *exposed))
        })
        .await
    }
}

async fn answer(call: &mut Call, alone: Alone) -> Result<Answer, Error> {
    bpm::override_method(&mut call.head);
    match call.head.method {
        Method::POST => change(call, alone).await,
        Method::GET | Method::HEAD => show(call, alone).await,
        Method::DELETE => remove(call, alone).await,
        _ => Err(web::Error::MethodNotAllowed {
            allow: "DELETE, GET, HEAD, POST",
        }
        .into()),
    }
}

async fn change(call: &mut Call, alone: Alone) -> Result<Answer, Error> {
    let caller = authenticate(call, alone).await?;
    let representation = Representation::negotiate(&call.head)?;
    let boundary = bpm::boundary(&call.head)?;
    let image = bpm::upload(boundary, call.body_stream()?).await?;
    let representation = representation.with_parameters(&call.head)?;
    let user = bpm::find_oneself(&call.directory, &call.head, &caller).await?;

    let change = call.directory.put_avatar(user.number, Some(&image)).await?;
    representation.show(&user, ShownAvatar::New(&image, &change))
}

async fn show(call: &mut Call, alone: Alone) -> Result<Answer, Error> {
    let caller = authenticate(call, alone).await?;
    let representation = Representation::negotiate(&call.head)?.with_parameters(&call.head)?;
    let read = async |number| call.directory.avatar(number).await;
    let (user, avatar) = bpm::find_user_with(&call.directory, &call.head, &caller, read).await?;
    representation.show(&user, (&avatar?).into())
}

async fn remove(call: &mut Call, alone: Alone) -> Result<Answer, Error> {
    let caller = authenticate(call, alone).await?;
    let representation = Representation::negotiate(&call.head)?.with_parameters(&call.head)?;
    let user = bpm::find_oneself(&call.directory, &call.head, &caller).await?;

    call.directory.put_avatar(user.number, None).await?;
    representation.show(&user, ShownAvatar::Default)
}

async fn authenticate(call: &Call, alone: Alone) -> Result<User, Error> {
    if bpm::is_cross_site(&call.head) {
        bpm::allow_cross_site(*call.variable(&BPM_CROSS_SITE).await?)?;
    }
    let logins = call.logins().await?;
    let caller = bpm::authenticate(&call.head, &call.directory, &logins).await;
    if logins.held.is_spent(call.directory.now()) {
        alone.retire();
    }
    let caller = caller?;
    // Read early: whatever fails later, it is known how much the answer may show.
    call.variable(&EXPOSE_DETAILS).await?;
    Ok(caller)
}
