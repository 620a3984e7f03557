//! The component's variables, read once an instance.

use std::cell::RefCell;
use std::rc::Rc;

use spin_sdk::variables;

use crate::Error;

thread_local! {
    /// A provider such as Vault is a network away; a variable that changes is noticed by the next instance.
    static VALUES: RefCell<Vec<(&'static str, Rc<str>)>> = const { RefCell::new(Vec::new()) };
}

/// The value of one of the component's variables.
pub(super) async fn variable(name: &'static str) -> Result<Rc<str>, Error> {
    let known = VALUES.with_borrow(|values| {
        let mut values = values.iter();
        values.find_map(|(known, value)| (*known == name).then(|| Rc::clone(value)))
    });
    if let Some(value) = known {
        return Ok(value);
    }
    let value: Rc<str> = variables::get(name)
        .await
        .map_err(|error| Error::Unavailable {
            detail: format!("variable {name}: {}", reason(&error)),
        })?
        .into();
    VALUES.with_borrow_mut(|values| values.push((name, Rc::clone(&value))));
    Ok(value)
}

/// What the log may know of a failure: a provider's own words could hold an address or a credential.
fn reason(error: &variables::Error) -> &'static str {
    match error {
        variables::Error::InvalidName(_) => "not a valid name",
        variables::Error::Undefined(_) => "not defined in the manifest",
        variables::Error::Provider(_) => "its provider failed",
        variables::Error::Other(_) => "could not be read",
    }
}
