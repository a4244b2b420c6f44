//! What a deserialisation leaves beside its result.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    fmt,
    rc::Rc,
};

use serde::de::Error;

use super::{elements::Elements, path::InputPath};
use crate::extract::fault::Fault;

/// The field names that serde uses, by path. Indices are omitted, because all items of a list have one type.
pub(in crate::extract) type FieldNames = BTreeMap<Vec<String>, &'static [&'static str]>;

/// The most paths whose names are recorded, since the keys of maps make any number of paths.
const MAX_PATHS: usize = 1000;
/// The largest sum of their lengths, since keys may be long.
const MAX_PATH_BYTES: usize = 1 << 20;

/// Notes about the values that are deserialised.
#[derive(Default)]
pub(super) struct Notes {
    /// The error of a visitor, while the deserialiser returns its own.
    fault: Cell<Option<Fault>>,
    /// What the deserialiser says is expected, in its own error.
    pub(super) expected: Cell<Option<String>>,
    /// How often visitors were called.
    pub(super) visits: Cell<usize>,
    /// Whether the key of a map is read now, and the key, if it is a string or an integer.
    pub(super) reads_key: Cell<bool>,
    pub(super) key: Cell<Option<String>>,
    pub(super) names: Option<RefCell<FieldNames>>,
    /// The length of all paths in `names`.
    noted_bytes: Cell<usize>,
    /// The elements, if only some are read.
    pub(super) elements: Option<Rc<Elements>>,
}

impl Notes {
    /// Notes that record the names of fields.
    pub(super) fn of_names() -> Self {
        Self { names: Some(RefCell::default()), ..Self::default() }
    }

    /// Notes with which only some elements are read.
    pub(super) fn of_elements(elements: &Rc<Elements>) -> Self {
        elements.start();
        Self { elements: Some(Rc::clone(elements)), ..Self::default() }
    }

    /// Keeps the error of a visitor, and returns one for the deserialiser.
    pub(super) fn hide<T, E: Error>(&self, result: Result<T, Fault>) -> Result<T, E> {
        result.map_err(|fault| {
            self.fault.set(Some(fault));
            E::custom("")
        })
    }

    /// Adds the place of an error about a value. The place of a key is added by the map.
    pub(super) fn place(&self, fault: Fault, place: &InputPath<'_>) -> Fault {
        if self.reads_key.get() { fault } else { fault.here(|| place.steps()) }
    }

    /// Adds the place of an error that no visitor of the value has raised, but one of what serde has buffered of it.
    pub(super) fn place_inside(&self, fault: Fault, place: &InputPath<'_>) -> Fault {
        if self.reads_key.get() { fault } else { fault.inside(|| place.steps()) }
    }

    /// Records the names of the fields of an object.
    pub(super) fn note_names(&self, place: &InputPath<'_>, fields: &'static [&'static str]) {
        let Some(names) = &self.names else { return };
        let bytes = self.noted_bytes.get() + place.length();
        if names.borrow().len() < MAX_PATHS && bytes <= MAX_PATH_BYTES {
            self.noted_bytes.set(bytes);
            names.borrow_mut().insert(place.names(), fields);
        }
    }

    pub(super) fn note_key(&self, key: impl fmt::Display) {
        if self.reads_key.get() {
            self.key.set(Some(key.to_string()));
        }
    }

    /// Returns the error of a visitor, or else one for an error of the deserialiser itself.
    pub(super) fn reveal<T, E>(
        &self,
        result: Result<T, E>,
        own: impl FnOnce(Option<String>) -> Fault,
    ) -> Result<T, Fault> {
        result.map_err(|_| self.fault.take().unwrap_or_else(|| own(self.expected.take())))
    }
}
