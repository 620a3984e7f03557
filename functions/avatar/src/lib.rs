//! Avatars for everybody: `GET /avatar/{hash}` (Libravatar, Gravatar), `/avatars/{id}` and `/avatars/{id}/{revision}`.
//! `POST /avatars/index` is for operators. No other component decodes pictures.

mod drawing;
mod rendering;

use http::Method;
use visage::directory::{By, Kept, Portrait};
use visage::libravatar::{self, Error, Query, Target, Validators};
use visage::name::UserNumber;
use visage::netex;
use visage::spin::{Call, Component, ErrorCode, Request, Response, Undisturbed, serve};
use visage::user::User;
use visage::variable::{NETEX_TOKENS, PUBLIC_AVATARS};
use visage::web::{self, Answer};

struct Avatar;
spin_sdk::wasip3::http::service::export!(Avatar);

impl Component for Avatar {
    async fn handle(request: Request) -> Result<Response, ErrorCode> {
        serve(request, answer, async |_, error| libravatar::refuse(error)).await
    }
}

async fn answer(call: &mut Call) -> Result<Answer, Error> {
    call.log_path(Target::path_to_log(&call.head));
    if !*call.variable(&PUBLIC_AVATARS).await? {
        return Err(Error::NoSuchPath);
    }
    let is_read = matches!(call.head.method, Method::GET | Method::HEAD);
    match Target::of(&call.head) {
        Ok(Target::Index) if call.head.method == Method::POST => index(call).await,
        Ok(Target::Index) => Err(web::Error::MethodNotAllowed { allow: "POST" }.into()),
        Err(Error::NoSuchPath) => Err(Error::NoSuchPath),
        _ if !is_read => Err(web::Error::MethodNotAllowed { allow: "GET, HEAD" }.into()),
        target => show(call, &target?).await,
    }
}

async fn show(call: &mut Call, target: &Target) -> Result<Answer, Error> {
    let query = Query::of(&call.head);
    let (user, portrait) = find(call, target, &query).await?.unzip();
    let portrait = portrait.flatten();
    if !target.is_of(portrait.as_ref().map(|portrait| &portrait.change)) {
        return libravatar::redirect(&call.head);
    }
    let portrait = portrait.filter(|portrait| portrait.rendering != Kept::Unrenderable);
    if let (Some(user), Some(mut portrait), false) = (&user, portrait, query.forced) {
        let validators = Validators::of_avatar(&portrait.change, query.size)?;
        if validators.are_known(&call.head) {
            return Ok(libravatar::picture(None, validators, target.lifetime()));
        }
        if libravatar::is_conditional(&call.head)
            && let Some(whole) = call.directory.portrait(user.number, query.size).await?
        {
            portrait = whole;
        }
        let rendered = rendering::of(call, user.number, portrait, query.size).await?;
        if let Some((change, rendering)) = rendered {
            // The picture may have been replaced meanwhile.
            if !target.is_of(Some(&change)) {
                return libravatar::redirect(&call.head);
            }
            let validators = Validators::of_avatar(&change, query.size)?;
            return Ok(libravatar::picture(
                Some(rendering),
                validators,
                target.lifetime(),
            ));
        }
    }
    drawing::answer(&call.head, &query, target, user.as_ref())
}

/// Finds the user whose avatar a path means, and reads what is shown of the avatar at the same time. A disabled user is
/// not found.
async fn find(
    call: &Call,
    target: &Target,
    query: &Query,
) -> Result<Option<(User, Option<Portrait>)>, Error> {
    let is_conditional = libravatar::is_conditional(&call.head);
    let read = async |number: UserNumber| {
        if is_conditional {
            // A client that has the picture needs none.
            call.directory.portrait_without_rendering(number).await
        } else {
            call.directory.portrait(number, query.size).await
        }
    };
    let found = match target {
        Target::Address(hash) => call.directory.find_by_address_with(hash, read).await?,
        Target::User(id) | Target::Revision { id, .. } => {
            call.directory.find_with(id, &[By::Id], read).await?
        }
        Target::Index => None,
    };
    match found {
        Some((user, portrait)) if user.enabled => Ok(Some((user, portrait?))),
        _ => Ok(None),
    }
}

async fn index(call: &mut Call) -> Result<Answer, Error> {
    netex::authorize(&call.head, call.variable(&NETEX_TOKENS).await?.as_ref())?;
    // It takes long, and many of the instance's swaps.
    let _undisturbed = Undisturbed::new();
    let indexed = call.directory.index_addresses().await?;
    for error in &indexed.unreadable {
        call.note(error.detail().unwrap_or_default());
    }
    libravatar::indexed(&indexed)
}
