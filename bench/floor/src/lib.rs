//! The floor of the benchmarks: the least work that any component must do at Visage's routes. It reads the body,
//! makes the same store operations as Visage with values of the same size, and answers with a constant of the same
//! size. It checks and parses nothing.

mod http;
mod login;
mod store;

use futures::future::try_join;
use spin_sdk::wasip3::exports::http::handler::Guest;
use spin_sdk::wasip3::http::types::{ErrorCode, Method, Request, Response};

use store::Store;

/// The sizes of what Visage stores for the benchmarks' users, in bytes: the record of a new user and of an often
/// changed one, the avatar of a new user, and the data before the picture in an often changed avatar.
const NEW_RECORD: usize = 630;
const RECORD: usize = 980;
const NEW_AVATAR: usize = 150;
const HEADER: usize = 550;
const LARGE_HEADER: usize = 900;

/// The size of the rendering that everybody is shown.
const RENDERING: usize = 1500;

/// The bytes of a large picture in its last part.
const END: usize = 64;

/// The most bytes of a picture in one value.
const PART: usize = 256 * 1024;

/// Netex's answer to a change.
const ENVELOPE: &str = r#"{"location":null,"message":"","responsePlatforms":{"training":{"location":null,"message":null,"status":200},"social":{"location":null,"message":null,"status":204},"management":{"location":null,"message":null,"status":204}},"status":204}"#;

struct Floor;
spin_sdk::wasip3::http::service::export!(Floor);

impl Guest for Floor {
    async fn handle(request: Request) -> Result<Response, ErrorCode> {
        let store = Store::opened().await?;
        let path = request.get_path_with_query().unwrap_or_default();
        let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let body = match (&request.get_method(), segments.as_slice()) {
            (Method::Post, [.., "users"]) => create(&store, request).await?,
            (Method::Put, [.., "users", user]) => update(&store, user, request).await?,
            (Method::Post, [.., user, "image"]) => {
                let picture = picture_in_json(request).await?;
                find(&store, user).await?;
                replace(&store, user, picture).await?;
                ENVELOPE.into()
            }
            (Method::Post, [.., "avatar", user]) => {
                let picture = http::body(request).await?;
                change_avatar(&store, user, picture).await?
            }
            (Method::Put, [.., "settings", "image"]) => {
                let user = http::token(&request);
                find(&store, &user).await?;
                let picture = picture_in_json(request).await?;
                replace(&store, &user, picture).await?;
                b"{}".into()
            }
            (Method::Get, [.., "settings", "image"]) => {
                show(&store, &http::token(&request)).await?
            }
            (Method::Get, ["avatar", hash]) => show_rendering(&store, hash).await?,
            (Method::Get, [.., "avatar", user]) => {
                let found = find(&store, user).await?;
                login::verify(&store, &record(user), &found)?;
                in_base64(store.get(&avatar(user)).await?.len())
            }
            _ => return Err(ErrorCode::InternalError(None)),
        };
        http::answer(body).await
    }
}

async fn create(store: &Store, request: Request) -> Result<Vec<u8>, ErrorCode> {
    http::body(request).await?;
    // The name is free.
    store.get("floor.name").await?;
    let number = store.increment("floor.sequence")?;
    let user = format!("u{number}");
    store.increment(&format!("floor.name.{user}.turns"))?;
    store.set_many(&[
        (record(&user), vec![b' '; NEW_RECORD]),
        (avatar(&user), vec![b' '; NEW_AVATAR]),
    ])?;
    store.increment(&name(&user))?;
    point(store, &user).await?;
    store.set_many(&[(md5(&user), vec![b' '; 32]), (email(&user), vec![b' '; 8])])?;
    Ok(ENVELOPE.into())
}

/// Reads where the user's email address leads.
async fn point(store: &Store, user: &str) -> Result<(), ErrorCode> {
    let (md5, email) = (md5(user), email(user));
    try_join(store.get(&md5), store.get(&email)).await?;
    Ok(())
}

async fn update(store: &Store, user: &str, request: Request) -> Result<Vec<u8>, ErrorCode> {
    http::body(request).await?;
    store.look_up(&name(user)).await?;
    store.swap(&record(user), vec![b' '; RECORD])?;
    point(store, user).await?;
    Ok(ENVELOPE.into())
}

/// Looks a user up by name: reads the pointer if this instance has not seen it yet, then the record.
async fn find(store: &Store, user: &str) -> Result<Vec<u8>, ErrorCode> {
    store.look_up(&name(user)).await?;
    store.get(&record(user)).await
}

/// Reads a user's record and a rendering. Any caller must read two keys at least.
async fn show_rendering(store: &Store, hash: &str) -> Result<Vec<u8>, ErrorCode> {
    let (user, rendering) = (record(hash), format!("floor.rendering.{hash}"));
    let (found, bytes) = try_join(store.get(&user), store.get(&rendering)).await?;
    if found.is_empty() {
        let values = [
            (user, vec![b' '; RECORD]),
            (rendering, vec![b' '; RENDERING]),
        ];
        store.set_many(&values)?;
    }
    Ok(bytes)
}

/// Reads a user's avatar together with the record.
async fn show(store: &Store, user: &str) -> Result<Vec<u8>, ErrorCode> {
    store.look_up(&name(user)).await?;
    let (record, avatar) = (record(user), avatar(user));
    let (_, picture) = try_join(store.get(&record), store.get(&avatar)).await?;
    Ok(in_base64(picture.len()))
}

async fn change_avatar(store: &Store, user: &str, picture: Vec<u8>) -> Result<Vec<u8>, ErrorCode> {
    let found = find(store, user).await?;
    login::verify(store, &record(user), &found)?;
    let answer = in_base64(picture.len());
    replace(store, user, picture).await?;
    Ok(answer)
}

/// Replaces an avatar.
async fn replace(store: &Store, user: &str, mut picture: Vec<u8>) -> Result<(), ErrorCode> {
    if picture.len() + HEADER <= PART {
        picture.resize(picture.len() + HEADER, b' ');
        return store.swap(&avatar(user), picture);
    }
    let key = |part: usize| format!("floor.avatar.{user}.{part}");
    // The avatar says where the last picture stands, and its last part whether it is there.
    let last = store.get(&avatar(user)).await?;
    store.get(&key(2)).await?;
    store.swap(&avatar(user), vec![b' '; LARGE_HEADER])?;
    // SQLite does not write an unchanged value.
    let token = [last.first().copied().unwrap_or_default().wrapping_add(1); 8];
    let (body, end) = picture.split_at(picture.len() - END);
    let parts = body.chunks(body.len().div_ceil(2)).chain([end]);
    let parts: Vec<_> = parts
        .enumerate()
        .map(|(part, bytes)| (key(part), [&token, bytes].concat()))
        .collect();
    store.set_many(&parts)?;
    // Whether the user is still there.
    store.get(&avatar(user)).await?;
    Ok(())
}

/// Returns as many bytes as the picture in a JSON body has.
async fn picture_in_json(request: Request) -> Result<Vec<u8>, ErrorCode> {
    let mut body = http::body(request).await?;
    body.truncate(body.len() / 4 * 3);
    Ok(body)
}

/// Returns as many bytes as base64 of `length` bytes has.
fn in_base64(length: usize) -> Vec<u8> {
    vec![b'A'; length / 3 * 4]
}

fn name(user: &str) -> String {
    format!("floor.name.{user}")
}

fn md5(user: &str) -> String {
    format!("floor.md5.{user}")
}

fn email(user: &str) -> String {
    format!("floor.email.{user}")
}

fn record(user: &str) -> String {
    format!("floor.user.{user}")
}

fn avatar(user: &str) -> String {
    format!("floor.avatar.{user}")
}
