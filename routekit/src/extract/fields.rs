//! The fields of an object that is deserialised, as far as they show where an error is.

use std::cell::{Cell, RefCell};

use super::{
    fault::{Fault, FaultSubject},
    place::PlaceStep,
};

/// What serde says about the fields of an object before it reads them.
#[derive(Debug, Clone, Copy)]
pub(super) enum DeclaredFields {
    /// The names of all fields. All values are read directly.
    Names(&'static [&'static str]),
    /// Nothing, and the visitor does not deserialise what it has buffered.
    Nothing,
    /// Nothing, and the visitor may deserialise what it has buffered, as for `#[serde(flatten)]`.
    Buffered,
}

/// The progress of a visitor that reads an object.
#[derive(Debug)]
pub(super) struct Fields {
    declared: DeclaredFields,
    /// The indices of the declared fields that have been read.
    read: RefCell<Vec<usize>>,
    /// The last name, until its value is read.
    name: RefCell<Option<String>>,
    is_touched: Cell<bool>,
}

impl Fields {
    pub(super) fn new(declared: DeclaredFields) -> Self {
        Self { declared, read: RefCell::default(), name: RefCell::default(), is_touched: Cell::new(false) }
    }

    /// The visitor asks for a name.
    pub(super) fn touch(&self) {
        self.is_touched.set(true);
    }

    /// The visitor has read this name. `None` if it is not a string.
    pub(super) fn read_name(&self, name: Option<String>) {
        if let (DeclaredFields::Names(names), Some(name)) = (self.declared, &name)
            && let Some(index) = names.iter().position(|declared| declared == name)
            && !self.read.borrow().contains(&index)
        {
            self.read.borrow_mut().push(index);
        }
        self.name.replace(name);
    }

    /// Returns the name that was read last. The visitor reads its value now.
    pub(super) fn take_name(&self) -> Option<String> {
        self.name.take()
    }

    /// Adds the place of an error that the visitor has raised, as far as it is certain.
    pub(super) fn locate(&self, fault: Fault, place: impl FnOnce() -> Vec<PlaceStep>) -> Fault {
        match fault.unplaced() {
            Some(FaultSubject::Missing(name)) if self.lacks(name) => fault.field(name, place),
            Some(FaultSubject::Name) => match self.take_name() {
                Some(name) => fault.field(&name, place),
                None => fault.inside(place),
            },
            // The visitor does not accept objects.
            Some(FaultSubject::Value) if !self.is_touched.get() => fault.here(place),
            _ => fault.inside(place),
        }
    }

    /// Whether the object itself certainly lacks this field.
    fn lacks(&self, name: &str) -> bool {
        match self.declared {
            DeclaredFields::Names(names) => {
                let index = names.iter().position(|declared| *declared == name);
                index.is_some_and(|index| !self.read.borrow().contains(&index))
            }
            DeclaredFields::Nothing => true,
            DeclaredFields::Buffered => false,
        }
    }
}
