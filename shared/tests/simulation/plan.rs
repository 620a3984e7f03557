//! The plan of a simulation: the concurrent calls, the order of their operations, and the failures.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::caller::PASSWORDS;

/// The names that calls compete for, then names that are unused until the end. Each has two spellings.
pub(crate) const NAMES: [&str; 14] = [
    "Straße",
    "STRASSE",
    "Zo\u{eb}",
    "zoe\u{308}",
    "bob",
    "BOB",
    "n0",
    "N0",
    "n1",
    "N1",
    "n2",
    "N2",
    "n3",
    "N3",
];

/// How many of the [`NAMES`] calls compete for.
pub(crate) const CONTESTED: usize = 6;

/// The client's own identifiers, of both kinds.
pub(crate) const IDS: [&str; 2] = ["one", "two"];

/// The e-mail addresses that users share.
pub(crate) const ADDRESSES: [&str; 2] = ["Zo\u{eb}@Example.org", "bob@example.com"];

/// How many instances of a component take the calls. The calls of one share what it remembers.
pub(crate) const INSTANCES: usize = 3;

/// The most changes of an avatar per minute, if there is a limit.
pub(crate) const LIMIT: u64 = 2;

/// A simulation: a sequence of acts on the same store.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// Whether operations fail or calls die.
    pub(crate) stormy: bool,
    pub(crate) reports: Reports,
    pub(crate) acts: Vec<Act>,
}

/// How Redis reports swaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reports {
    /// Applied swaps are reported as failures, as in Spin 4.1.
    AllFailed,
    /// Reports are true, except in turns with another fate.
    Mixed,
    /// Aborted swaps are reported as successes. Spin would do this if it stopped reporting all swaps as failures.
    AllMade,
}

/// Clients that run in parallel. Each makes its calls in sequence.
#[derive(Debug, Clone, Default)]
pub(crate) struct Act {
    /// The time without calls before the act, in milliseconds.
    pub(crate) pause: u64,
    /// Calls that end, without failures, before the clients begin.
    pub(crate) first: Vec<Call>,
    pub(crate) clients: Vec<Vec<Call>>,
    /// After these turns the clients run one by one, without failures.
    pub(crate) turns: Vec<Turn>,
}

/// This many operations of one client. The last one has this fate. Then the clock moves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Turn {
    pub(crate) who: usize,
    pub(crate) operations: usize,
    pub(crate) fate: Fate,
    pub(crate) milliseconds: i64,
}

/// The outcome of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Done,
    /// On Redis, a swap is applied but reported as failed.
    Denied,
    FailsBefore,
    FailsAfter,
    /// It fails and takes effect later: the answer was lost, not the request.
    FailsEarly,
    DiesBefore,
    DiesAfter,
}

/// A call of the directory, as the functions make it.
#[derive(Debug, Clone)]
pub(crate) enum Call {
    Create {
        name: usize,
        external: Option<usize>,
        common: Option<usize>,
        email: Option<usize>,
        image: Option<Size>,
    },
    Find(Key),
    /// A search by the hash of an e-mail address, with an index into [`ADDRESSES`].
    FindByAddress(usize),
    List,
    Update(Key, Field),
    ReadAvatar(Key),
    /// Shows the avatar to everybody, in the size with this index.
    Render(Key, usize),
    PutAvatar {
        key: Key,
        image: Option<Size>,
        /// Change the avatar only if it is still the one read just before.
        conditional: bool,
        limited: bool,
    },
    Delete(Key),
    /// A login, with an index into [`PASSWORDS`](super::caller::PASSWORDS).
    Login {
        name: usize,
        password: usize,
    },
    /// The cleanup after a creation or a deletion.
    Tidy,
    /// The next step of making all addresses found.
    Index,
}

/// The key of a search: an index into [`NAMES`] or [`IDS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    Name(usize),
    External(usize),
    Common(usize),
}

/// The part of the profile that an update changes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Field {
    Name,
    Surname,
    /// Text is appended, never replaced, so a lost update shows.
    AboutMe,
    /// The password, and the name, so that the change always shows.
    Password(usize),
    /// Whether the user may sign in, and the name.
    Enabled(bool),
    /// The e-mail address, as an index into [`ADDRESSES`], and the name.
    Email(Option<usize>),
}

/// The size of a picture. A small one and a medium one fit into one value, but the medium one is set apart when it is
/// rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    Small,
    Medium,
    Large,
    Largest,
}

impl Plan {
    pub(crate) fn any() -> impl Strategy<Value = Self> {
        let reports = prop_oneof![
            Just(Reports::AllFailed),
            Just(Reports::Mixed),
            Just(Reports::AllMade)
        ];
        (any::<bool>(), reports, vec(act(), 1..4)).prop_map(|(stormy, reports, acts)| Self {
            stormy,
            reports,
            acts,
        })
    }
}

impl Call {
    /// The keys that a creation claims.
    pub(crate) fn claims(&self) -> Vec<Key> {
        let Self::Create {
            name,
            external,
            common,
            ..
        } = *self
        else {
            return Vec::new();
        };
        let ids = external.map(Key::External).into_iter();
        ids.chain(common.map(Key::Common))
            .chain([Key::Name(name)])
            .collect()
    }
}

impl Key {
    /// The field in the creation's error when the key is taken.
    pub(crate) fn field(self) -> &'static str {
        match self {
            Self::Name(_) => "username",
            Self::External(_) => "externalId",
            Self::Common(_) => "commonId",
        }
    }
}

fn act() -> impl Strategy<Value = Act> {
    let hour = 3_600_000;
    let pause = prop_oneof![Just(0), Just(hour - 1), Just(2 * hour)];
    let owners = |names: std::ops::Range<usize>| {
        move |clients| (names.clone().step_by(2).map(owner).collect(), clients)
    };
    let calls = prop_oneof![
        8 => vec(vec(call(), 1..5), 1..5).prop_map(owners(0..0)),
        1 => vec(vec(login_or_change(), 2..8), 1..4).prop_map(owners(0..1)),
        2 => any::<bool>().prop_flat_map(painters).prop_map(owners(0..1)),
        2 => visitors().prop_map(owners(0..1)),
        1 => namesakes().prop_map(owners(0..CONTESTED)),
    ];
    (pause, calls, vec(turn(), 0..100)).prop_map(|(pause, (first, clients), turns)| Act {
        pause,
        first,
        clients,
        turns,
    })
}

fn turn() -> impl Strategy<Value = Turn> {
    let fate = prop_oneof![
        20 => Just(Fate::Done),
        4 => Just(Fate::Denied),
        1 => Just(Fate::FailsBefore),
        2 => Just(Fate::FailsAfter),
        1 => Just(Fate::FailsEarly),
        1 => Just(Fate::DiesBefore),
        2 => Just(Fate::DiesAfter),
    ];
    let milliseconds = prop_oneof![Just(0), Just(1), Just(-5), Just(700), Just(16_000)];
    (0..12_usize, 1..6_usize, fate, milliseconds).prop_map(
        |(who, operations, fate, milliseconds)| Turn {
            who,
            operations,
            fate,
            milliseconds,
        },
    )
}

fn call() -> impl Strategy<Value = Call> {
    let id = || option::weighted(0.4, 0..IDS.len());
    let create = (0..CONTESTED, id(), id(), address(), option::of(size()));
    prop_oneof![
        6 => create.prop_map(|(name, external, common, email, image)| Call::Create {
            name,
            external,
            common,
            email,
            image,
        }),
        2 => key().prop_map(Call::Find),
        2 => (0..ADDRESSES.len()).prop_map(Call::FindByAddress),
        1 => Just(Call::List),
        4 => (key(), field()).prop_map(|(key, field)| Call::Update(key, field)),
        2 => key().prop_map(Call::ReadAvatar),
        3 => (key(), rendered()).prop_map(|(key, size)| Call::Render(key, size)),
        5 => put(key(), option::weighted(0.8, size()), any::<bool>()),
        3 => key().prop_map(Call::Delete),
        1 => (0..CONTESTED, 0..PASSWORDS.len())
            .prop_map(|(name, password)| Call::Login { name, password }),
        1 => Just(Call::Tidy),
        1 => Just(Call::Index),
    ]
}

fn address() -> impl Strategy<Value = Option<usize>> {
    option::weighted(0.4, 0..ADDRESSES.len())
}

/// Two sizes. The rendering of the second has several pieces.
fn rendered() -> impl Strategy<Value = usize> {
    prop_oneof![Just(3), Just(8)]
}

/// A login of the owner, or a change that its outcome depends on.
fn login_or_change() -> impl Strategy<Value = Call> {
    let key = Key::Name(0);
    let password = || 0..PASSWORDS.len();
    prop_oneof![
        8 => password().prop_map(|password| Call::Login { name: 0, password }),
        4 => password().prop_map(move |password| Call::Update(key, Field::Password(password))),
        2 => any::<bool>().prop_map(move |enabled| Call::Update(key, Field::Enabled(enabled))),
        1 => Just(Call::Delete(key)),
        1 => Just(owner(0)),
    ]
}

/// Many changes of one avatar. They meet the limit or, without one, their leftovers add up.
fn painters(limited: bool) -> impl Strategy<Value = Vec<Vec<Call>>> {
    let size =
        prop_oneof![1 => Just(Size::Small), 6 => Just(Size::Large), 3 => Just(Size::Largest)];
    let large = option::weighted(if limited { 0.5 } else { 0.95 }, size);
    let change = put(Just(Key::Name(0)), large, Just(limited));
    vec(vec(change, 4..14), 1..4)
}

/// Changes of one avatar, and calls that show it to everybody.
fn visitors() -> impl Strategy<Value = Vec<Vec<Call>>> {
    let key = Key::Name(0);
    let size = prop_oneof![
        1 => Just(Size::Small),
        3 => Just(Size::Medium),
        1 => Just(Size::Large),
        1 => Just(Size::Largest)
    ];
    let call = prop_oneof![
        8 => rendered().prop_map(move |size| Call::Render(key, size)),
        1 => Just(Call::ReadAvatar(key)),
        6 => put(Just(key), option::weighted(0.9, size), Just(false)),
        1 => Just(Call::Delete(key)),
        1 => Just(owner(0)),
    ];
    vec(vec(call, 3..10), 1..4)
}

/// Users who take an e-mail address from each other.
fn namesakes() -> impl Strategy<Value = Vec<Vec<Call>>> {
    let key = || (0..CONTESTED).prop_map(Key::Name);
    let create = (0..CONTESTED, address()).prop_map(|(name, email)| Call::Create {
        name,
        external: None,
        common: None,
        email,
        image: None,
    });
    let call = prop_oneof![
        4 => (key(), address())
            .prop_map(|(key, email)| Call::Update(key, Field::Email(email))),
        2 => key().prop_map(|key| Call::Update(key, Field::Name)),
        3 => (0..ADDRESSES.len()).prop_map(Call::FindByAddress),
        3 => create,
        1 => key().prop_map(Call::Delete),
        1 => Just(Call::Index),
    ];
    vec(vec(call, 3..10), 1..4)
}

/// Creates the user of this name.
fn owner(name: usize) -> Call {
    Call::Create {
        name,
        external: None,
        common: None,
        email: None,
        image: None,
    }
}

fn put(
    key: impl Strategy<Value = Key>,
    image: impl Strategy<Value = Option<Size>>,
    limited: impl Strategy<Value = bool>,
) -> impl Strategy<Value = Call> {
    (key, image, any::<bool>(), limited).prop_map(|(key, image, conditional, limited)| {
        Call::PutAvatar {
            key,
            image,
            conditional,
            limited,
        }
    })
}

fn key() -> impl Strategy<Value = Key> {
    prop_oneof![
        2 => (0..CONTESTED).prop_map(Key::Name),
        1 => (0..IDS.len()).prop_map(Key::External),
        1 => (0..IDS.len()).prop_map(Key::Common),
    ]
}

fn field() -> impl Strategy<Value = Field> {
    prop_oneof![
        Just(Field::Name),
        Just(Field::Surname),
        Just(Field::AboutMe),
        (0..PASSWORDS.len()).prop_map(Field::Password),
        any::<bool>().prop_map(Field::Enabled),
        address().prop_map(Field::Email),
    ]
}

fn size() -> impl Strategy<Value = Size> {
    prop_oneof![
        2 => Just(Size::Small),
        1 => Just(Size::Medium),
        1 => Just(Size::Large),
        1 => Just(Size::Largest)
    ]
}
