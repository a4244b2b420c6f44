//! Places in an input, and their notations.

/// A step from a value into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PlaceStep {
    /// To the field of an object with this name.
    Field(String),
    /// To the item of a list with this index.
    Item(usize),
}

/// The notation of the place of an error.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum PointerStyle {
    /// JSON pointers (RFC 6901).
    JsonPointer,
    /// Names of fields or parameters, joined by dots, without indices.
    DottedName,
}

impl PointerStyle {
    pub(super) fn write(self, steps: &[PlaceStep]) -> String {
        match self {
            // RFC 6901 §3
            Self::JsonPointer => {
                let mut pointer = String::new();
                for step in steps {
                    pointer.push('/');
                    match step {
                        PlaceStep::Field(name) => pointer.push_str(&name.replace('~', "~0").replace('/', "~1")),
                        PlaceStep::Item(index) => pointer.push_str(&index.to_string()),
                    }
                }
                pointer
            }
            // The second value of a repeated parameter has no separate name.
            Self::DottedName => {
                let names = steps.iter().filter_map(|step| match step {
                    PlaceStep::Field(name) => Some(name.as_str()),
                    PlaceStep::Item(_) => None,
                });
                names.collect::<Vec<_>>().join(".")
            }
        }
    }
}
