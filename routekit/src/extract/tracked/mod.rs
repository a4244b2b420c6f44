//! Deserialises an input again, and finds out where and why that fails.
//!
//! [`Tracked`] stands between a type and the deserialiser that has rejected the input. The deserialiser reads the
//! input by its own rules; each layer of it passes through here, so that the path to the current value is known. Errors
//! of visitors are [`Fault`]s, which know what serde expects. They cannot travel through the deserialiser, whose errors
//! are text, so they wait in [`Notes`]. This is slow and runs only for inputs that are rejected.
//!
//! It also records the names of fields that serde uses at each path, for rules that use Rust's names.

use std::rc::Rc;

use serde::de::{DeserializeOwned, Deserializer};

use self::{deserialiser::Tracked, notes::Notes, path::InputPath};
pub(super) use self::{elements::Elements, notes::FieldNames};
use super::fault::Fault;

mod deserialiser;
mod elements;
mod notes;
mod path;

/// Finds out why `input` is not a `T`; `None` if it is one.
pub(super) fn explain<'de, T: DeserializeOwned, D: Deserializer<'de>>(input: D) -> Option<Fault> {
    let notes = Notes::default();
    let fault = T::deserialize(Tracked { input, place: &InputPath::Root, notes: &notes }).err();
    fault.map(|fault| fault.inside(Vec::new))
}

/// The field names that serde uses at each path of `input`.
pub(super) fn names<'de, T: DeserializeOwned, D: Deserializer<'de>>(input: D) -> FieldNames {
    let notes = Notes::of_names();
    let _ = T::deserialize(Tracked { input, place: &InputPath::Root, notes: &notes });
    notes.names.map(std::cell::RefCell::into_inner).unwrap_or_default()
}

/// Reads some of the elements of `input`, without an explanation if that fails.
pub(super) fn read<'de, T: DeserializeOwned, D: Deserializer<'de>>(
    input: D,
    elements: &Rc<Elements>,
) -> Result<T, Fault> {
    let notes = Notes::of_elements(elements);
    T::deserialize(Tracked { input, place: &InputPath::Root, notes: &notes })
}
