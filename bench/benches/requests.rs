//! The work of the functions per request, each step on its own and natively: `cargo bench -p visage-bench`.

#![allow(
    clippy::unwrap_used,
    reason = "a benchmark ends where its own data is wrong"
)]

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use bytes::Bytes;
use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use futures::executor::block_on;
use futures::stream;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::Deserialize;
use serde_json::json;
use visage::bpm::{self, Representation, ShownAvatar};
use visage::directory::{Avatar, Directory};
use visage::image::Image;
use visage::netex;
use visage::store::MemoryStore;
use visage::user::User;
use visage::web::Head;
use visage::web::json::{Borrowed, Members, read};
use visage_tests::fixtures;

const KIBIBYTES: [usize; 3] = [4, 64, 512];

fn main() {
    divan::main();
}

fn picture(format: &str, kibibytes: usize) -> Vec<u8> {
    fixtures::picture(&format!("64x64.{format}@{}", kibibytes * 1024))
}

fn json_body(kibibytes: usize) -> Vec<u8> {
    let image = json!({ "base64Image": STANDARD.encode(picture("png", kibibytes)) });
    json!({ "image": image }).to_string().into()
}

/// Parses the JSON of an image's body, without decoding its base64.
#[divan::bench(args = KIBIBYTES)]
fn json(bencher: Bencher<'_, '_>, kibibytes: usize) {
    #[derive(Deserialize)]
    struct Body<'b> {
        #[serde(borrow, rename = "image")]
        _image: Members<Image<'b>>,
    }
    #[derive(Deserialize)]
    struct Image<'b> {
        #[serde(borrow, rename = "base64Image")]
        _base64: Borrowed<'b>,
    }
    let body = json_body(kibibytes);
    bencher
        .counter(BytesCount::of_slice(&body))
        .bench(|| read::<Body<'_>>(black_box(&body), str::to_owned).is_ok());
}

/// Reads an image's body, from JSON to the picture that is stored.
#[divan::bench(args = KIBIBYTES)]
fn image_body(bencher: Bencher<'_, '_>, kibibytes: usize) {
    let body = json_body(kibibytes);
    bencher
        .counter(BytesCount::of_slice(&body))
        .bench(|| netex::image_body(black_box(&body)).unwrap());
}

/// Decodes a picture from base64, with all checks.
#[divan::bench(args = KIBIBYTES)]
fn from_base64(bencher: Bencher<'_, '_>, kibibytes: usize) {
    let text = STANDARD.encode(picture("png", kibibytes));
    bencher
        .counter(BytesCount::of_str(&text))
        .bench(|| Image::from_base64(black_box(&text), "image/png").unwrap());
}

/// Decodes base64 of the other alphabet.
#[divan::bench(args = KIBIBYTES)]
fn from_base64_url(bencher: Bencher<'_, '_>, kibibytes: usize) {
    let mut picture = picture("png", kibibytes);
    // A character of this alphabet only, as late as possible.
    picture.extend([0xff; 3]);
    picture.drain(64..67);
    let text = URL_SAFE.encode(picture);
    bencher
        .counter(BytesCount::of_str(&text))
        .bench(|| Image::from_base64(black_box(&text), "image/png").unwrap());
}

/// Checks a picture.
#[divan::bench(args = ["png", "jpg", "gif"])]
fn image_checks(bencher: Bencher<'_, '_>, format: &str) {
    let picture = picture(format, 512);
    bencher
        .with_inputs(|| picture.clone())
        .bench_values(|picture| Image::new(picture, "").unwrap());
}

/// Reads the picture of an upload.
#[divan::bench(args = KIBIBYTES)]
fn multipart(bencher: Bencher<'_, '_>, kibibytes: usize) {
    let picture = picture("png", kibibytes);
    let body = [
        b"--limit\r\nContent-Disposition: form-data; name=\"avatar\"; filename=\"avatar.png\"\r\n\r\n",
        picture.as_slice(),
        b"\r\n--limit--\r\n",
    ];
    let body = body.concat();
    // In pieces of the size that a component reads.
    let pieces: Vec<Bytes> = body.chunks(64 * 1024).map(Bytes::copy_from_slice).collect();
    bencher.counter(BytesCount::of_slice(&body)).bench(|| {
        let body = stream::iter(pieces.clone().into_iter().map(Ok));
        block_on(bpm::upload("limit".into(), body)).unwrap()
    });
}

/// Writes BPM's document with a picture, as JSON, XML and JavaScript.
#[divan::bench(args = KIBIBYTES, consts = [0, 1, 2])]
fn document<const FORM: usize>(bencher: Bencher<'_, '_>, kibibytes: usize) {
    let (user, avatar) = user_with_avatar(kibibytes);
    let form = ["application/json", "application/xml", "text/javascript"];
    let accept = form.into_iter().nth(FORM).unwrap();
    let head = Head {
        method: Method::GET,
        origin: String::new(),
        path: String::new(),
        query: "callback=show".into(),
        headers: HeaderMap::from_iter([(
            HeaderName::from_static("accept"),
            HeaderValue::from_static(accept),
        )]),
    };
    let representation = Representation::negotiate(&head).unwrap();
    let representation = representation.with_parameters(&head).unwrap();
    bencher
        .counter(BytesCount::of_slice(&avatar.bytes))
        .bench(|| {
            let shown = ShownAvatar::Stored(black_box(&avatar));
            representation.show(&user, shown).unwrap()
        });
}

fn user_with_avatar(kibibytes: usize) -> (User, Avatar) {
    let directory = Directory::new(MemoryStore::default());
    let (new, _) = netex::new_user(br#"{"username":"ana"}"#).unwrap();
    let image = Image::new(picture("png", kibibytes), "").unwrap();
    block_on(async {
        let user = directory.create(new).await.unwrap();
        directory
            .put_avatar(user.number, Some(&image))
            .await
            .unwrap();
        let avatar = directory.avatar(user.number).await.unwrap();
        (user, avatar.unwrap())
    })
}
