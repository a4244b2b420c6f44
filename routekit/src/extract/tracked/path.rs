//! The path to the value that is deserialised.

use crate::extract::place::PlaceStep;

/// A path from the root, as a linked list on the stack.
pub(super) enum InputPath<'p> {
    Root,
    In(&'p InputPath<'p>, InputStep<'p>),
}

#[derive(Clone, Copy)]
pub(super) enum InputStep<'p> {
    Field(&'p str),
    /// A field whose name is not a string, such as that of a map with numbers as keys.
    Unnamed,
    Item(usize),
}

impl InputPath<'_> {
    /// The steps as far as they can be named.
    pub(super) fn steps(&self) -> Vec<PlaceStep> {
        self.named().0
    }

    /// The steps as far as they can be named, and whether these are all.
    fn named(&self) -> (Vec<PlaceStep>, bool) {
        let InputPath::In(parent, step) = self else { return (Vec::new(), true) };
        let (mut steps, is_complete) = parent.named();
        match step {
            _ if !is_complete => return (steps, false),
            InputStep::Unnamed => return (steps, false),
            InputStep::Field(name) => steps.push(PlaceStep::Field((*name).to_owned())),
            InputStep::Item(index) => steps.push(PlaceStep::Item(*index)),
        }
        (steps, true)
    }

    /// At least the length of the names in this path, in bytes.
    pub(super) fn length(&self) -> usize {
        match self {
            InputPath::In(parent, InputStep::Field(name)) => parent.length() + name.len(),
            InputPath::In(parent, InputStep::Item(_) | InputStep::Unnamed) => parent.length(),
            _ => 0,
        }
    }

    /// The path without indices.
    pub(super) fn names(&self) -> Vec<String> {
        let steps = self.steps().into_iter();
        steps.filter_map(|step| if let PlaceStep::Field(name) = step { Some(name) } else { None }).collect()
    }
}
