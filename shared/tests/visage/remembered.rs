//! Numbers that an instance remembers: what they save, and that they never show anybody else.

use std::rc::Rc;

use futures::executor::block_on;
use visage::Error;
use visage::directory::{By, Directory, RememberedNumbers};
use visage::store::{Fault, MemoryStore};
use visage::user::{NewUser, User};

use crate::users::new_user;

/// An instance of a component: its calls share what it remembers.
#[derive(Default)]
struct Instance {
    store: MemoryStore,
    remembered: Rc<RememberedNumbers>,
}

impl Instance {
    /// Another instance on the same store.
    fn another(&self) -> Self {
        Self {
            store: self.store.clone(),
            ..Self::default()
        }
    }

    /// Makes a call. Returns its outcome and how many store operations it took.
    fn call<T>(&self, call: impl AsyncFnOnce(&Directory<MemoryStore>) -> T) -> (T, usize) {
        // The same content, with a new count of operations and no fault.
        let store = self.store.failing_at(usize::MAX, Fault::Before);
        let directory = Directory::new(store.clone()).remembering(Rc::clone(&self.remembered));
        (block_on(call(&directory)), store.operations())
    }

    fn create(&self, user: NewUser) -> User {
        self.call(async |directory| directory.create(user).await)
            .0
            .unwrap()
    }

    /// Finds a user. Returns the number and how many operations that took.
    fn find(&self, text: &str, by: By) -> (Option<u64>, usize) {
        let (found, operations) =
            self.call(async |directory| directory.find(text, &[by]).await.unwrap());
        (found.map(|user| user.number.0), operations)
    }
}

#[test]
fn a_name_is_looked_up_once() {
    let instance = Instance::default();
    let user = instance.create(NewUser {
        external_id: Some("external".to_owned().try_into().unwrap()),
        ..new_user("Ana")
    });
    // Who creates a user has not seen the pointer lead there.
    assert_eq!(instance.find("ana", By::Username), (Some(1), 2));
    assert_eq!(instance.find("ANA", By::Username), (Some(1), 1));
    assert_eq!(instance.find(user.id.as_str(), By::Id), (Some(1), 1));
    assert_eq!(instance.find("1", By::Number), (Some(1), 1));
    assert_eq!(instance.find("external", By::ExternalId), (Some(1), 2));
    let another = instance.another();
    assert_eq!(another.find("1", By::Number), (Some(1), 2));
    assert_eq!(another.find("ana", By::Username), (Some(1), 1));
}

#[test]
fn an_update_by_a_remembered_name_reads_once_and_swaps() {
    let instance = Instance::default();
    instance.create(new_user("ana"));
    let update = || {
        let (found, operations) = instance.call(async |directory| {
            let mut disable = |user: &mut User| {
                user.enabled = false;
                Ok::<_, Error>(())
            };
            directory
                .find_and_update("ana", &[By::Username], &mut disable)
                .await
                .unwrap()
        });
        assert!(found);
        operations
    };
    assert_eq!([update(), update()], [3, 2]);
}

#[test]
fn a_remembered_user_who_was_deleted_is_gone_and_the_name_goes_to_the_next() {
    let instance = Instance::default();
    let first = instance.create(new_user("ana"));
    instance.find("ana", By::Username);
    let elsewhere = instance.another();
    elsewhere
        .call(async |directory| directory.delete(first.number).await)
        .0
        .unwrap();
    // The remembered number is tried, then the pointer, which still leads to it.
    assert_eq!(instance.find("ana", By::Username), (None, 3));
    assert_eq!(instance.find("ana", By::Username), (None, 2));

    let second = elsewhere.create(new_user("ana"));
    assert_eq!(
        instance.find("ana", By::Username),
        (Some(second.number.0), 2)
    );
    assert_eq!(
        instance.find("ana", By::Username),
        (Some(second.number.0), 1)
    );
    let (gone, _) = instance.find(first.id.as_str(), By::Id);
    assert_eq!(gone, None);
}

#[test]
fn a_remembered_number_that_leads_to_the_previous_user_is_corrected() {
    let instance = Instance::default();
    let first = instance.create(new_user("ana"));
    instance.find("ana", By::Username);
    let elsewhere = instance.another();
    elsewhere
        .call(async |directory| directory.delete(first.number).await)
        .0
        .unwrap();
    let second = elsewhere.create(new_user("ana")).number.0;
    assert_eq!(instance.find("ana", By::Username), (Some(second), 3));
    assert_eq!(instance.find("ana", By::Username), (Some(second), 1));
}

#[test]
fn a_creation_that_broke_off_is_not_remembered() {
    // Before each of its operations but the last, which makes the user.
    for operation in 0..4 {
        let instance = Instance::default();
        let dying = Directory::new(instance.store.failing_at(operation, Fault::Death))
            .remembering(Rc::clone(&instance.remembered));
        block_on(dying.create(new_user("ana"))).unwrap_err();
        for (text, by) in [("ana", By::Username), ("1", By::Number)] {
            for _ in 0..2 {
                assert_eq!(instance.find(text, by).0, None, "{operation}, {by:?}");
            }
        }
    }
}

#[test]
fn a_login_uses_a_remembered_number_but_a_search_by_username_alone_never_does() {
    let instance = Instance::default();
    instance.create(new_user("ana"));
    let remembered = || {
        let (user, operations) =
            instance.call(async |directory| directory.find_remembered("Ana").await.unwrap());
        (user.map(|user| user.number.0), operations)
    };
    let searched = || {
        let (user, operations) =
            instance.call(async |directory| directory.find_by_username("Ana").await.unwrap());
        (user.map(|user| user.number.0), operations)
    };
    assert_eq!(remembered(), (None, 1));
    assert_eq!(searched(), (Some(1), 2));
    assert_eq!(searched(), (Some(1), 2));
    assert_eq!(remembered(), (Some(1), 1));
    let user = instance.call(async |directory| directory.find("1", &[By::Number]).await.unwrap());
    let number = user.0.unwrap().number;
    instance
        .call(async |directory| directory.delete(number).await)
        .0
        .unwrap();
    assert_eq!(remembered(), (None, 1));
    assert_eq!(remembered(), (None, 1));
    assert_eq!(searched(), (None, 2));
}

#[test]
fn something_else_is_read_with_the_record() {
    let instance = Instance::default();
    instance.create(new_user("ana"));
    let find = || {
        instance.call(async |directory| {
            let number = async |number| number;
            let found = directory.find_with("ana", &[By::Username], number).await;
            found.unwrap().map(|(user, read)| (user.number, read))
        })
    };
    for expected in [2, 1] {
        let (found, operations) = find();
        let (user, read) = found.unwrap();
        assert_eq!((user, operations), (read, expected));
    }
}

#[test]
fn the_memory_is_bounded_and_keeps_what_is_used() {
    let instance = Instance::default();
    let names: Vec<String> = (0..2048).map(|number| format!("user{number}")).collect();
    for name in &names {
        instance.create(new_user(name));
    }
    for name in &names {
        instance.find(name, By::Username);
        instance.find("user0", By::Username);
    }
    assert_eq!(instance.find("user0", By::Username).1, 1);
    let remembered = names
        .iter()
        .filter(|name| {
            let (user, _) =
                instance.call(async |directory| directory.find_remembered(name).await.unwrap());
            user.is_some()
        })
        .count();
    assert!((512..=1024).contains(&remembered), "{remembered}");
}
