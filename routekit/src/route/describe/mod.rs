//! Inputs and responses of a route, as data; see `docs/describe.md`.

mod description;
mod json;
pub(crate) mod probe;
pub(crate) mod rules;

pub(crate) use self::description::{ChecksNoRules, NeedKind, PathValues, RequestPart};
pub use self::description::{Describe, DescribeResponse, Description, Input, InputSource, NoPayload, Output, Payload};
#[cfg(feature = "schema")]
pub(crate) use self::rules::{FieldPlace, FieldRule, TypeRules};
