//! The component's variables, read once per instance.

use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;

use spin_sdk::variables;

use crate::Error;
use crate::variable::Variable;

thread_local! {
    /// The values read so far, by name. Providers like Vault are remote. A changed variable takes effect in the next
    /// instance.
    static READ: RefCell<Vec<(&'static str, Rc<dyn Any>)>> = const { RefCell::new(Vec::new()) };
}

/// Reads one of the component's variables. A value that can't be read is requested again by the next call.
pub(super) async fn variable<T: 'static>(variable: &Variable<T>) -> Result<Rc<T>, Error> {
    let name = variable.name();
    let known = READ.with_borrow(|read| {
        let mut read = read.iter();
        read.find_map(|(known, value)| (*known == name).then(|| Rc::clone(value)))
    });
    if let Some(value) = known.and_then(|value| value.downcast().ok()) {
        return Ok(value);
    }
    let text = variables::get(name)
        .await
        .map_err(|error| Error::Unavailable {
            detail: format!("the variable {name} {}", reason(&error)),
        })?;
    let value = Rc::new(variable.read(&text)?);
    READ.with_borrow_mut(|read| read.push((name, value.clone())));
    Ok(value)
}

/// What the log may know of a failure: a provider's own words could hold an address or a credential.
fn reason(error: &variables::Error) -> &'static str {
    match error {
        variables::Error::InvalidName(_) => "has a name that is not valid",
        variables::Error::Undefined(_) => "is not defined in the manifest",
        variables::Error::Provider(_) => "was not given by its provider",
        variables::Error::Other(_) => "could not be read",
    }
}
