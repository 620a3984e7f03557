//! Renderings are made once, kept beside the avatar, and removed with it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use futures::FutureExt as _;
use visage::Error;
use visage::directory::{
    Avatar, Change, Claimed, Directory, Kept, Portrait, RenderingClaim, Terms,
};
use visage::image::{Format, Image, MAX_BYTES};
use visage::name::UserNumber;
use visage::rendering::{Rendering, Size};
use visage::store::{Fault, MemoryStore, Store};

use crate::interrupted::Interrupted;
use crate::users::new_user;

const GIF: &[u8] = include_bytes!("../../../tests/fixtures/avatar.gif");
const ALICE: UserNumber = UserNumber(1);
const HOUR: u64 = 60 * 60 * 1000;

thread_local! {
    static NOW: Cell<u64> = const { Cell::new(1_800_000_000_000) };
}

/// A store in memory never waits.
fn now<T>(call: impl Future<Output = T>) -> T {
    call.now_or_never().unwrap()
}

fn directory<S: Store>(store: S) -> Directory<S> {
    Directory::with_clock(store, || NOW.get())
}

/// A picture of this many bytes.
fn picture(bytes: usize, fill: u8) -> Image {
    let mut picture = GIF.to_vec();
    picture.resize(bytes.max(GIF.len()), fill);
    picture.push(fill);
    Image::new(picture, "").unwrap()
}

/// A picture that stays beside the header, one that is set apart, and one that was never there.
const LENGTHS: [usize; 3] = [100, 20_000, MAX_BYTES - 1];

fn with_alice(image: Image) -> MemoryStore {
    let store = MemoryStore::default();
    let mut alice = new_user("alice");
    alice.image = Some(image);
    now(directory(store.clone()).create(alice)).unwrap();
    store
}

/// What a renderer makes of a picture.
fn rendering(picture: &[u8], size: Size) -> Rendering {
    Rendering {
        format: Format::Png,
        bytes: vec![*picture.last().unwrap(); size.kept().pixels().into()].into(),
    }
}

fn claim<S: Store>(store: S, size: Size) -> Claimed {
    now(directory(store).claim_rendering(ALICE, size)).unwrap()
}

fn mine<S: Store>(store: S, size: Size) -> RenderingClaim {
    match claim(store, size) {
        Claimed::Mine(claim) => claim,
        Claimed::Done(done) => panic!("{done:?}"),
    }
}

/// Renders alice's picture as the component does that shows it. Returns what it shows.
fn show<S: Store>(store: S, size: Size) -> Result<Option<Portrait>, Error> {
    let directory = directory(store);
    match now(directory.portrait(ALICE, size))? {
        Some(portrait) if portrait.rendering == Kept::Missing => {}
        portrait => return Ok(portrait),
    }
    let claim = match now(directory.claim_rendering(ALICE, size))? {
        Claimed::Mine(claim) => claim,
        Claimed::Done(portrait) => return Ok(portrait),
    };
    let made = rendering(&claim.avatar.bytes, size);
    now(directory.keep_rendering(&claim, &made))?;
    Ok(Some(Portrait {
        change: claim.avatar.change,
        rendering: Kept::Rendering(made),
    }))
}

fn avatar(store: &MemoryStore) -> Option<Avatar> {
    now(directory(store.clone()).avatar(ALICE)).unwrap()
}

fn portrait(store: &MemoryStore, size: Size) -> Option<Portrait> {
    now(directory(store.clone()).portrait(ALICE, size)).unwrap()
}

fn put(store: &MemoryStore, image: Option<&Image>) -> Change {
    now(directory(store.clone()).put_avatar(ALICE, image)).unwrap()
}

/// The keys of renderings.
fn kept(store: &MemoryStore) -> Vec<String> {
    let is_rendering = |key: &String| key.starts_with("visage.rendering.");
    store.keys().into_iter().filter(is_rendering).collect()
}

/// Whether what is shown is the present picture's.
fn assert_present(store: &MemoryStore, shown: Option<&Portrait>, size: Size) {
    let present = avatar(store);
    let change = |portrait: &Portrait| portrait.change.clone();
    assert_eq!(
        shown.map(change),
        present.as_ref().map(|it| it.change.clone())
    );
    if let (Some(Kept::Rendering(shown)), Some(present)) =
        (shown.map(|shown| &shown.rendering), present)
    {
        assert_eq!(*shown, rendering(&present.bytes, size));
    }
}

#[test]
fn each_size_is_rendered_once() {
    for bytes in LENGTHS {
        let store = with_alice(picture(bytes, 1));
        let before = avatar(&store);
        for size in Size::KEPT {
            assert_eq!(portrait(&store, size).unwrap().rendering, Kept::Missing);
            let claim = mine(store.clone(), size);
            assert_eq!(Some(&claim.avatar), before.as_ref());
            let made = rendering(&claim.avatar.bytes, size);
            now(directory(store.clone()).keep_rendering(&claim, &made)).unwrap();
            let Claimed::Done(Some(done)) = self::claim(store.clone(), size) else {
                panic!("a kept rendering is claimed again");
            };
            assert_eq!(done.rendering, Kept::Rendering(made));
            assert_eq!(portrait(&store, size), Some(done));
            assert_eq!(avatar(&store), before);
        }
        assert_eq!(kept(&store).len(), 9);
    }
}

/// Other sizes are made of the next larger one that is kept.
#[test]
fn other_sizes_are_those_of_the_next_larger_one() {
    let store = with_alice(picture(100, 1));
    let [odd, kept] = [81, 96].map(|pixels| Size::new(pixels).unwrap());
    let shown = show(store.clone(), odd).unwrap();
    assert_eq!(shown, portrait(&store, kept));
}

#[test]
fn a_change_removes_the_renderings() {
    let size = Size::DEFAULT;
    for bytes in LENGTHS {
        for next in LENGTHS
            .map(|bytes| Some(picture(bytes, 2)))
            .into_iter()
            .chain([None])
        {
            for conditional in [false, true] {
                let store = with_alice(picture(bytes, 1));
                show(store.clone(), size).unwrap();
                show(store.clone(), Size::MAX).unwrap();
                let terms = Terms {
                    precondition: conditional.then(|| Box::new(|_: Option<&_>| true) as _),
                    changes_a_minute: None,
                };
                let directory = directory(store.clone());
                now(directory.put_avatar_on(&terms, ALICE, next.as_ref())).unwrap();
                assert_eq!(kept(&store), Vec::<String>::new());
                assert_present(&store, portrait(&store, size).as_ref(), size);
                let shown = show(store.clone(), size).unwrap();
                assert_present(&store, shown.as_ref(), size);
                now(directory.delete(ALICE)).unwrap();
                let left = store.keys();
                let is_of_alice = |key: &&String| {
                    key.contains(".user.")
                        || key.contains(".avatar.")
                        || key.contains(".rendering.")
                };
                assert_eq!(left.iter().find(is_of_alice), None);
            }
        }
    }
}

#[test]
fn what_cannot_be_rendered_is_noted_once_for_a_change() {
    let store = with_alice(picture(20_000, 1));
    let directory = directory(store.clone());
    let claims = [Size::DEFAULT, Size::MAX].map(|size| mine(store.clone(), size));
    let noted = claims.map(|claim| now(directory.note_unrenderable(&claim)));
    assert_eq!(noted, [Ok(true), Ok(false)]);
    for size in Size::KEPT {
        let Claimed::Done(Some(done)) = claim(store.clone(), size) else {
            panic!("{size:?} is rendered again");
        };
        assert_eq!(done.rendering, Kept::Unrenderable);
        assert_eq!(portrait(&store, size), Some(done));
    }
    put(&store, Some(&picture(20_000, 2)));
    let claim = mine(store.clone(), Size::MAX);
    // The slot that the first claim wanted is not lost for an hour.
    assert_eq!(now(directory.note_unrenderable(&claim)), Ok(true));
    for fill in 3..20 {
        put(&store, Some(&picture(MAX_BYTES - 1, fill)));
        put(&store, Some(&picture(20_000, fill)));
        let claim = mine(store.clone(), Size::MAX);
        assert_eq!(now(directory.note_unrenderable(&claim)), Ok(true));
    }
}

/// Those who show a rendering read the avatar's value.
#[test]
fn a_large_picture_is_set_apart_when_it_is_rendered() {
    let value = |store: &MemoryStore| now(store.get("visage.avatar.1")).unwrap().unwrap().len();
    for (bytes, is_apart) in [(8 * 1024 - 1, false), (8 * 1024, true), (250_000, true)] {
        let store = with_alice(picture(bytes, 1));
        let before = (avatar(&store), value(&store));
        let change = put(&store, Some(&picture(bytes, 2)));
        assert!(value(&store) > bytes);
        show(store.clone(), Size::DEFAULT).unwrap();
        assert_eq!(value(&store) < bytes, is_apart, "{bytes}");
        let after = avatar(&store).unwrap();
        assert_eq!(after.change, change);
        assert_eq!(after.bytes, picture(bytes, 2).bytes());
        assert!(before.0.unwrap().change.timestamp < change.timestamp);
        // The next picture is whole, and nothing is left of this one.
        put(&store, Some(&picture(bytes, 3)));
        assert_eq!(avatar(&store).unwrap().bytes, picture(bytes, 3).bytes());
        assert_eq!(
            store
                .keys()
                .iter()
                .filter(|key| key.contains(".avatar."))
                .count(),
            1
        );
    }
}

/// Noise makes files that are larger than a value may be.
#[test]
fn a_rendering_may_have_several_pieces() {
    let noise = |bytes: usize| Rendering {
        format: Format::Png,
        bytes: (0..bytes)
            .map(|at| (at % 251) as u8)
            .collect::<Vec<_>>()
            .into(),
    };
    for (size, bytes) in [(Size::MAX, 1_090_000), (Size::new(256).unwrap(), 300_000)] {
        let store = with_alice(picture(100, 1));
        let claim = mine(store.clone(), size);
        let directory = directory(store.clone());
        now(directory.keep_rendering(&claim, &noise(bytes))).unwrap();
        let shown = portrait(&store, size).unwrap();
        assert!(shown.rendering == Kept::Rendering(noise(bytes)));
        // A piece of another writer, or none, is no rendering.
        let last = kept(&store).pop().unwrap();
        let piece = now(store.get(&last)).unwrap().unwrap();
        store.plant(&last, &[&[0; 8], &piece[8..]].concat());
        assert_eq!(portrait(&store, size).unwrap().rendering, Kept::Missing);
        now(store.delete_many(&[last])).unwrap();
        assert_eq!(portrait(&store, size).unwrap().rendering, Kept::Missing);
        put(&store, None);
        assert_eq!(kept(&store), Vec::<String>::new());
    }
    let store = with_alice(picture(100, 1));
    let claim = mine(store.clone(), Size::DEFAULT);
    let kept = now(directory(store).keep_rendering(&claim, &noise(300_000)));
    assert!(matches!(kept, Err(Error::Internal { .. })));
}

/// A store whose pauses let other calls go on.
struct Patient<'o> {
    store: MemoryStore,
    paused: Rc<Cell<u64>>,
    meanwhile: RefCell<Box<dyn FnMut(u64) + 'o>>,
}

impl Store for Patient<'_> {
    type Snapshot = <MemoryStore as Store>::Snapshot;

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        self.store.get(key).await
    }

    async fn delete_many(&self, keys: &[String]) -> Result<(), Error> {
        self.store.delete_many(keys).await
    }

    async fn set_many(&self, values: Vec<(String, Vec<u8>)>) -> Result<(), Error> {
        self.store.set_many(values).await
    }

    async fn increment(&self, key: &str, delta: i64) -> Result<i64, Error> {
        self.store.increment(key, delta).await
    }

    async fn snapshot(&self, key: &str) -> Result<(Option<Vec<u8>>, Self::Snapshot), Error> {
        self.store.snapshot(key).await
    }

    async fn swap(&self, snapshot: Self::Snapshot, value: Vec<u8>) -> Result<bool, Error> {
        self.store.swap(snapshot, value).await
    }

    async fn pause(&self, milliseconds: u64) {
        self.paused.set(self.paused.get() + milliseconds);
        (self.meanwhile.borrow_mut())(self.paused.get());
    }
}

#[test]
fn a_call_waits_for_another_one_that_has_claimed_the_rendering() {
    let size = Size::DEFAULT;
    let store = with_alice(picture(20_000, 1));
    let other = mine(store.clone(), size);
    let patient = Patient {
        store: store.clone(),
        paused: Rc::default(),
        meanwhile: RefCell::new(Box::new(|paused| {
            if paused > 50 {
                let made = rendering(&other.avatar.bytes, size);
                now(directory(store.clone()).keep_rendering(&other, &made)).unwrap();
            }
        })),
    };
    let Claimed::Done(done) = claim(patient, size) else {
        panic!("two calls make a rendering");
    };
    assert_eq!(done, portrait(&store, size));
    assert!(matches!(done.unwrap().rendering, Kept::Rendering(_)));
}

/// It takes the place of one that died, about a second later. Of those who wait, one.
#[test]
fn a_claim_of_a_call_that_died_is_taken_over() {
    let size = Size::DEFAULT;
    let store = with_alice(picture(20_000, 1));
    drop(mine(store.clone(), size));
    let patient = |meanwhile: Box<dyn FnMut(u64)>| Patient {
        store: store.clone(),
        paused: Rc::default(),
        meanwhile: RefCell::new(meanwhile),
    };
    let alone = patient(Box::new(|_| {}));
    let directory = directory(alone);
    let claimed = now(directory.claim_rendering(ALICE, size)).unwrap();
    assert!(matches!(claimed, Claimed::Mine(_)));
    // The claim of another one that has waited as long counts from then on.
    let rivals = Rc::new(Cell::new(0));
    let (copy, seen) = (store.clone(), Rc::clone(&rivals));
    let crowded = patient(Box::new(move |paused| {
        if paused == 1016 {
            let rival = now(self::directory(copy.clone()).claim_rendering(ALICE, size));
            seen.set(seen.get() + u8::from(matches!(rival, Ok(Claimed::Mine(_)))));
        }
    }));
    let paused = Rc::clone(&crowded.paused);
    let claimed = now(self::directory(crowded).claim_rendering(ALICE, size)).unwrap();
    assert!(matches!(claimed, Claimed::Mine(_)));
    assert_eq!((rivals.get(), paused.get()), (1, 2 * 1016));
}

/// A picture whose decoder takes its instance with it must not use up the slots for large pictures.
#[test]
fn claims_of_calls_that_died_leave_room_for_uploads() {
    let store = with_alice(picture(20_000, 1));
    for size in Size::KEPT {
        for _ in 0..4 {
            drop(mine(store.clone(), size));
        }
    }
    put(&store, Some(&picture(MAX_BYTES - 1, 2)));
}

/// Shows the picture with a fault at each operation. The picture stays as it is, and what is shown is of the picture.
/// Afterwards it can be shown, and nothing is left of a user who is deleted.
#[test]
fn a_renderer_may_fail_at_any_operation() {
    let size = Size::MAX;
    for bytes in LENGTHS {
        for fault in [Fault::Before, Fault::After, Fault::Death] {
            for operation in 0.. {
                let store = with_alice(picture(bytes, 1));
                let before = avatar(&store);
                let failing = store.failing_at(operation, fault);
                if let Ok(shown) = show(failing.clone(), size) {
                    assert_present(&store, shown.as_ref(), size);
                    if failing.operations() <= operation {
                        assert!(operation > 4, "{operation}");
                        break;
                    }
                }
                assert_eq!(avatar(&store), before, "{fault:?} at operation {operation}");
                for size in Size::KEPT {
                    let shown = show(store.clone(), size).unwrap();
                    assert_present(&store, shown.as_ref(), size);
                    assert_eq!(shown, portrait(&store, size));
                }
                put(&store, Some(&picture(bytes, 2)));
                assert_eq!(kept(&store), Vec::<String>::new());
                NOW.set(NOW.get() + 2 * HOUR);
                put(&store, None);
                let parts = store
                    .keys()
                    .into_iter()
                    .filter(|key| key.contains(".avatar."));
                assert_eq!(parts.count(), 1, "{fault:?} at operation {operation}");
            }
        }
    }
}

/// Another call comes in before each operation of one that shows the picture. What is shown then is the present
/// picture's, and no rendering is left of another one.
#[test]
fn changes_may_come_between() {
    let sizes = [Size::DEFAULT, Size::MAX];
    let changes: [&dyn Fn(&MemoryStore); 6] = [
        &|store| drop(put(store, Some(&picture(LENGTHS[0], 2)))),
        &|store| drop(put(store, Some(&picture(LENGTHS[1], 3)))),
        &|store| drop(put(store, Some(&picture(LENGTHS[2], 4)))),
        &|store| drop(put(store, None)),
        &|store| now(directory(store.clone()).delete(ALICE)).unwrap(),
        &|store| {
            for size in sizes {
                show(store.clone(), size).unwrap();
            }
        },
    ];
    for bytes in LENGTHS {
        for change in changes {
            for before in 0..14 {
                let store = with_alice(picture(bytes, 1));
                let interrupted = Interrupted::new(&store, before, || change(&store));
                let _ = show(interrupted, sizes[0]);
                for key in kept(&store) {
                    let token = now(store.get(&key)).unwrap().unwrap()[..8]
                        .try_into()
                        .unwrap();
                    let revision = format!("{:016x}", u64::from_le_bytes(token));
                    let present = avatar(&store).map(|avatar| avatar.change.revision);
                    assert_eq!(Some(revision), present, "before operation {before}");
                }
                for size in sizes {
                    assert_present(&store, portrait(&store, size).as_ref(), size);
                    let shown = show(store.clone(), size).unwrap();
                    assert_present(&store, shown.as_ref(), size);
                }
            }
        }
    }
}

/// The same the other way round.
#[test]
fn a_rendering_may_come_between() {
    let size = Size::DEFAULT;
    for bytes in LENGTHS {
        for next in LENGTHS
            .map(|bytes| Some(picture(bytes, 2)))
            .into_iter()
            .chain([None])
        {
            for rendered in [false, true] {
                for before in 0..14 {
                    let store = with_alice(picture(bytes, 1));
                    if rendered {
                        show(store.clone(), Size::MAX).unwrap();
                    }
                    let interrupted = Interrupted::new(&store, before, || {
                        let shown = show(store.clone(), size).unwrap();
                        assert_present(&store, shown.as_ref(), size);
                    });
                    now(directory(interrupted).put_avatar(ALICE, next.as_ref())).unwrap();
                    let shown = show(store.clone(), size).unwrap();
                    assert_present(&store, shown.as_ref(), size);
                }
            }
        }
    }
}

/// Two calls that show the picture for the first time, in different sizes, both want to set it apart or keep it.
#[test]
fn renderers_may_meet() {
    for bytes in LENGTHS {
        let met = Cell::new(0);
        for before in 0..14 {
            let store = with_alice(picture(bytes, 1));
            let original = avatar(&store);
            let interrupted = Interrupted::new(&store, before, || {
                show(store.clone(), Size::MAX).unwrap();
                met.set(before);
            });
            show(interrupted, Size::DEFAULT).unwrap();
            assert_eq!(avatar(&store), original);
            let sizes = [Size::DEFAULT, Size::MAX].into_iter();
            for size in sizes.take(if met.get() == before { 2 } else { 1 }) {
                let shown = portrait(&store, size);
                assert!(matches!(&shown, Some(it) if it.rendering != Kept::Missing));
                assert_present(&store, shown.as_ref(), size);
            }
        }
        assert!(met.get() > 4, "{}", met.get());
    }
}

/// A rendering that a call has kept after the user was deleted goes with the next walks.
#[test]
fn late_renderings_of_deleted_users_are_removed() {
    for fault in [Fault::Before, Fault::After, Fault::Death] {
        for operation in 0..4 {
            let store = with_alice(picture(20_000, 1));
            let claim = mine(store.clone(), Size::MAX);
            let whole = directory(store.clone());
            now(whole.delete(ALICE)).unwrap();
            let late = directory(store.failing_at(operation, fault));
            let made = rendering(&claim.avatar.bytes, Size::MAX);
            let _ = now(late.keep_rendering(&claim, &made));
            for _ in 0..4 {
                NOW.set(NOW.get() + 2 * HOUR);
                for _ in 0..16 {
                    let user = now(whole.create(new_user("passer-by"))).unwrap();
                    now(whole.tidy(user.number)).unwrap();
                    now(whole.delete(user.number)).unwrap();
                    now(whole.tidy(user.number)).unwrap();
                }
            }
            assert_eq!(
                kept(&store),
                Vec::<String>::new(),
                "{fault:?} at operation {operation}"
            );
            let parts = store
                .keys()
                .into_iter()
                .find(|key| key.contains("visage.avatar.1."));
            assert_eq!(parts, None);
        }
    }
}
