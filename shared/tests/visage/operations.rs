//! How many store operations each call takes: the first time in an instance, and when the user's number is remembered.
//! `tests/e2e/commits.rs` counts the commits.

use std::cell::Cell;
use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::executor::block_on;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue, Method};
use visage::Error;
use visage::bpm;
use visage::directory::{
    By, Claimed, Directory, EmailHash, Kept, Portrait, RememberedNumbers, Terms,
};
use visage::f5;
use visage::image::{Format, Image};
use visage::netex::{self, Update};
use visage::rendering::{Rendering, Size};
use visage::store::{Fault, MemoryStore};
use visage::user::{NewUser, User};
use visage::variable::UserTokens;
use visage::web::Head;

use crate::users::new_user;

const PNG: &[u8] = include_bytes!("../../../tests/fixtures/avatar.png");

fn image() -> Image {
    Image::new(PNG.to_vec(), "").unwrap()
}

fn rendering() -> Rendering {
    Rendering {
        format: Format::Png,
        bytes: PNG.into(),
    }
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

/// A user with this address.
fn addressed(name: &str, address: &str) -> NewUser {
    let mut user = new_user(name);
    user.profile.email = Some(address.to_owned().try_into().unwrap());
    user
}

#[test]
fn addresses() {
    let number = Cell::new(0);
    let next = || number.replace(number.get() + 1);
    assert_eq!(
        twice(&async |directory| {
            let number = next();
            let address = format!("{number}@example.com");
            directory
                .create(addressed(&format!("user{number}"), &address))
                .await
        }),
        // A creation, the address's pointer and translation, the record, and one write of the pointer.
        [6 + 4, 6 + 4],
        "create with an address"
    );
    // The second user takes the address from the first.
    assert_eq!(
        twice(&async |directory| {
            let number = next();
            directory
                .create(addressed(&format!("user{number}"), "ana@example.com"))
                .await
        }),
        [6 + 4, 6 + 5],
        "create with the address of another user"
    );
    let update = async |directory: &Directory<_>, body: String| {
        let update = Update::read(body.as_bytes()).unwrap();
        netex::update_user(directory, "ana", |user| update.apply(user)).await
    };
    assert_eq!(
        twice(&async |directory| {
            update(
                directory,
                format!(r#"{{"email":"{}@example.com"}}"#, next()),
            )
            .await
        }),
        [3 + 4, 2 + 4],
        "change the address"
    );
    assert_eq!(
        twice(&async |directory| {
            update(directory, r#"{"email":"ana@example.com"}"#.to_owned()).await
        }),
        // The second one changes nothing of the address, and reads its pointer and translation.
        [3 + 4, 2 + 2],
        "leave the address"
    );
}

#[test]
fn renderings() {
    // What a call takes after the user was given a rendering, in a new instance and again.
    let counted = |call: &dyn Fn(&Directory<MemoryStore>, &User)| {
        let store = MemoryStore::default();
        let directory = Directory::new(store.clone());
        let mut ana = addressed("ana", "MyEmailAddress@example.com");
        ana.image = Some(image());
        let ana = block_on(directory.create(ana)).unwrap();
        let claimed = block_on(directory.claim_rendering(ana.number, Size::DEFAULT));
        let Ok(Claimed::Mine(claim)) = claimed else {
            panic!("{claimed:?}");
        };
        block_on(directory.keep_rendering(&claim, &rendering())).unwrap();
        let remembered = Rc::<RememberedNumbers>::default();
        [(); 2].map(|()| {
            let store = store.failing_at(usize::MAX, Fault::Before);
            let directory = Directory::new(store.clone()).remembering(Rc::clone(&remembered));
            call(&directory, &ana);
            store.operations()
        })
    };
    let is_kept = |portrait: Result<Option<Portrait>, Error>| {
        matches!(portrait.unwrap().unwrap().rendering, Kept::Rendering(_))
    };
    assert_eq!(
        counted(&|directory, ana| {
            let read = async |number| directory.portrait(number, Size::DEFAULT).await;
            let found = block_on(directory.find_with(ana.id.as_str(), &[By::Id], read));
            assert!(is_kept(found.unwrap().unwrap().1));
        }),
        // The record, the avatar and the rendering together; the name's pointer once.
        [4, 3],
        "a kept rendering by id"
    );
    assert_eq!(
        counted(&|directory, ana| {
            let read = async |number| directory.avatar_change(number).await;
            let found = block_on(directory.find_with(ana.id.as_str(), &[By::Id], read));
            assert!(found.unwrap().unwrap().1.unwrap().is_some());
        }),
        [3, 2],
        "that nothing has changed, by id"
    );
    for (digits, expected) in [
        (
            "84059b07d4be67b806386c0aad8070a23f18836bbaae342275dc0a83414c32ee",
            [5, 4],
        ),
        // The translation of the MD5 as well.
        ("0bc83cb571cd1c50ba6f3e8a78ef1346", [6, 5]),
    ] {
        let hash = EmailHash::from_hex(digits).unwrap();
        assert_eq!(
            counted(&|directory, _| {
                let read = async |number| directory.portrait(number, Size::DEFAULT).await;
                let found = block_on(directory.find_by_address_with(&hash, read));
                assert!(is_kept(found.unwrap().unwrap().1));
            }),
            expected,
            "a kept rendering by {digits}"
        );
    }
    // A claim, and what keeps the rendering. A picture that is set apart takes a swap instead of a read.
    for (bytes, expected) in [(PNG.len(), [2, 2]), (20_000, [2, 3])] {
        let store = MemoryStore::default();
        let mut picture = PNG.to_vec();
        picture.resize(bytes, 0);
        let mut ana = new_user("ana");
        ana.image = Image::new(picture, "").ok();
        let ana = block_on(Directory::new(store.clone()).create(ana))
            .unwrap()
            .number;
        let store = store.failing_at(usize::MAX, Fault::Before);
        let directory = Directory::new(store.clone());
        let claimed = block_on(directory.claim_rendering(ana, Size::DEFAULT));
        let to_claim = store.operations();
        let Ok(Claimed::Mine(claim)) = claimed else {
            panic!("{claimed:?}");
        };
        block_on(directory.keep_rendering(&claim, &rendering())).unwrap();
        assert_eq!([to_claim, store.operations() - to_claim], expected);
    }
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
