//! How many store operations each call takes: the first time in an instance, and when the user's number is remembered.
//! `tests/e2e/commits.rs` counts the commits.

use std::cell::Cell;
use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::executor::block_on;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue, Method};
use visage::bpm;
use visage::directory::{Directory, RememberedNumbers, Terms};
use visage::f5;
use visage::image::Image;
use visage::netex::{self, Update};
use visage::store::{Fault, MemoryStore};
use visage::user::User;
use visage::variable::UserTokens;
use visage::web::Head;

use crate::users::new_user;

const PNG: &[u8] = include_bytes!("../../../tests/fixtures/avatar.png");

fn image() -> Image {
    Image::new(PNG.to_vec(), "").unwrap()
}

fn head(path: &str) -> Head {
    let token = HeaderValue::from_static("APIToken hush");
    Head {
        method: Method::GET,
        origin: String::new(),
        path: path.to_owned(),
        query: String::new(),
        headers: HeaderMap::from_iter([(AUTHORIZATION, token)]),
    }
}

/// How many operations a call of a new instance takes, and how many the same call in the same instance after it. Both
/// have users `ana` and `bob` with avatars.
fn twice<T, E: std::fmt::Debug>(
    call: &impl AsyncFn(&Directory<MemoryStore>) -> Result<T, E>,
) -> [usize; 2] {
    let store = MemoryStore::default();
    let directory = Directory::new(store.clone());
    for name in ["ana", "bob"] {
        let mut user = new_user(name);
        user.image = Some(image());
        block_on(directory.create(user)).unwrap();
    }
    let remembered = Rc::<RememberedNumbers>::default();
    [(); 2].map(|()| {
        // The same content, with a new count of operations and no fault.
        let store = store.failing_at(usize::MAX, Fault::Before);
        let directory = Directory::new(store.clone()).remembering(Rc::clone(&remembered));
        block_on(call(&directory)).unwrap();
        store.operations()
    })
}

#[test]
fn netex() {
    let update = async |directory: &Directory<_>, body: &str| {
        let update = Update::read(body.as_bytes()).unwrap();
        netex::update_user(directory, "ana", |user| update.apply(user)).await
    };
    // The pointer and the record; the record and its swap.
    assert_eq!(
        twice(&async |directory| update(directory, r#"{"name":"Ana"}"#).await),
        [3, 2],
        "update"
    );
    let with_image = async |directory: &Directory<_>, body: &str| {
        let update = Update::read(body.as_bytes()).unwrap();
        let change = |user: &mut User| update.apply(user);
        netex::update_user_and_image(directory, "ana", Some(&image()), change).await
    };
    assert_eq!(
        twice(&async |directory| with_image(directory, "{}").await),
        [4, 3],
        "update with an image alone"
    );
    let name = Cell::new('a');
    let next_name = || name.replace(char::from_u32(u32::from(name.get()) + 1).unwrap());
    assert_eq!(
        twice(&async |directory| {
            with_image(directory, &format!(r#"{{"name":"{}"}}"#, next_name())).await
        }),
        [6, 5],
        "update with an image"
    );
    assert_eq!(
        twice(
            &async |directory| with_image(directory, r#"{"username":"ana","enabled":true}"#).await
        ),
        [4, 3],
        "update with an image and what the user has already"
    );
    assert_eq!(
        twice(&async |directory| {
            let change = async |number| directory.avatar_change(number).await;
            netex::find_user_with(directory, "ana", change).await
        }),
        [3, 2],
        "show"
    );
    assert_eq!(
        twice(&async |directory| netex::show_image(&head(""), directory, "ana").await),
        [3, 2],
        "show image"
    );
    let image = format!(r#"{{"base64Image":"{}"}}"#, STANDARD.encode(PNG));
    assert_eq!(
        twice(&async |directory| {
            netex::add_image(&head(""), directory, "ana", image.as_bytes()).await
        }),
        [4, 3],
        "add image"
    );
    assert_eq!(
        twice(&async |directory| directory.list(0, 10).await),
        // Two of them are the names' pointers. So few findings are not stored, so the second list looks again.
        [11, 9],
        "list"
    );
    let number = Cell::new(0);
    assert_eq!(
        twice(&async |directory| {
            number.set(number.get() + 1);
            directory
                .create(new_user(&format!("user{}", number.get())))
                .await
        }),
        // The pointer, the number, record and avatar, the pointer made, read and moved.
        [6, 6],
        "create"
    );
    let names = Cell::new("ana");
    assert_eq!(
        twice(&async |directory| netex::delete_user(directory, names.replace("bob")).await),
        // The pointer and the record; the begin, the record and its swap, the end; what is left of the avatar in three.
        [9, 9],
        "delete"
    );
}

#[test]
fn f5() {
    let tokens = UserTokens::try_from("ana=hush").unwrap();
    let head = head("");
    assert_eq!(
        twice(&async |directory| {
            let read = async |number| directory.avatar(number).await;
            let user = f5::authorize(&head, &tokens, directory, read).await?;
            let (_, avatar) = user.existing()?;
            Ok::<_, f5::Error>(avatar?)
        }),
        [3, 2],
        "get"
    );
    for image in [Some(image()), None] {
        assert_eq!(
            twice(&async |directory| {
                let user = f5::authorize(&head, &tokens, directory, async |_| ()).await?;
                let (user, ()) = user.existing()?;
                let terms = Terms::default();
                directory
                    .put_avatar_on(&terms, user.number, image.as_ref())
                    .await?;
                Ok::<_, f5::Error>(())
            }),
            [4, 3],
            "change to {image:?}"
        );
    }
}

#[test]
fn bpm_after_the_login() {
    let show = |path| {
        let caller = {
            let directory = Directory::new(MemoryStore::default());
            block_on(directory.create(new_user("ana"))).unwrap()
        };
        twice(&async move |directory| {
            let read = async |number| directory.avatar(number).await;
            bpm::find_user_with(directory, &head(path), &caller, read)
                .await
                .map(drop)
        })
    };
    assert_eq!(show("/rest/bpm/wle/v1/avatar/current"), [1, 1]);
    assert_eq!(show("/rest/bpm/wle/v1/avatar/Ana"), [1, 1]);
    assert_eq!(show("/rest/bpm/wle/v1/avatar/bob"), [3, 2]);
    // The name's pointer is read to see whether somebody is called `2`.
    assert_eq!(show("/rest/bpm/wle/v1/avatar/2"), [4, 3]);
}
