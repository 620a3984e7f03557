//! Renderings of users' pictures. They are kept in some sizes, and others are made of these.

use visage::Error;
use visage::directory::{Change, Claimed, Kept, Portrait};
use visage::image::Image;
use visage::name::UserNumber;
use visage::rendering::{Rendering, Size};
use visage::spin::{Call, Undisturbed};

/// Returns the rendering of a user's picture in this size, and the change that stored the picture. `None` if there is
/// no picture, or it can't be rendered.
pub(crate) async fn of(
    call: &mut Call,
    number: UserNumber,
    portrait: Portrait,
    size: Size,
) -> Result<Option<(Change, Rendering)>, Error> {
    let portrait = match portrait.rendering {
        Kept::Missing => make(call, number, size.kept()).await?,
        Kept::Rendering(_) | Kept::Unrenderable => Some(portrait),
    };
    let Some(Portrait {
        change,
        rendering: Kept::Rendering(kept),
    }) = portrait
    else {
        return Ok(None);
    };
    if size == size.kept() {
        return Ok(Some((change, kept)));
    }
    let _undisturbed = Undisturbed::new();
    match visage_rendering::scaled(&kept, size) {
        Ok(rendering) => Ok(Some((change, rendering))),
        Err(error) => Err(Error::Internal {
            detail: format!("a kept rendering: {error}"),
        }),
    }
}

/// Makes a rendering and keeps it, unless another call does.
async fn make(call: &mut Call, number: UserNumber, size: Size) -> Result<Option<Portrait>, Error> {
    let claim = match call.directory.claim_rendering(number, size).await? {
        Claimed::Mine(claim) => claim,
        Claimed::Done(portrait) => return Ok(portrait),
    };
    let rendered = {
        let _undisturbed = Undisturbed::new();
        let image = Image::new(claim.avatar.bytes.clone(), "");
        image
            .map_err(|fault| format!("it {fault}"))
            .and_then(|image| {
                visage_rendering::render(&image, size).map_err(|error| error.to_string())
            })
    };
    let rendering = match rendered {
        Ok(rendering) => {
            if let Err(error) = call.directory.keep_rendering(&claim, &rendering).await {
                let detail = error.detail().unwrap_or("the avatar kept changing");
                call.note(&format!("a rendering is not kept: {detail}"));
            }
            Kept::Rendering(rendering)
        }
        Err(reason) => {
            if call.directory.note_unrenderable(&claim).await? {
                call.note(&format!(
                    "the avatar of user {number} is not shown: {reason}"
                ));
            }
            Kept::Unrenderable
        }
    };
    Ok(Some(Portrait {
        change: claim.avatar.change,
        rendering,
    }))
}
