//! An error in one field of an input.

use std::collections::BTreeMap;

use serde::Serialize;

/// An error in one field of an input. It never contains the rejected value.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct FieldError {
    /// The location: a JSON pointer (RFC 6901) into a JSON body, otherwise the name of the field or parameter.
    pub pointer: String,
    /// The machine-readable reason.
    ///
    /// If the input cannot be deserialised: `type` (wrong type), `value` (out of range), `variant` (unknown variant),
    /// `length` (wrong length of a list), `missing`, `unknown` (unknown field), `duplicate`, `invalid` (rejected by the
    /// type itself) or `shape` (anything else). If a rule is broken: the name of the rule, such as `length`, `range` or
    /// `email`, or its `code = "…"`; `too_many` if the errors are too many to list.
    pub code: String,
    /// The message for people, which states the correct form.
    pub message: String,
    /// The parameters of the rule, such as `min` and `max`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, serde_json::Value>,
}

impl FieldError {
    /// Creates an error without parameters.
    #[must_use]
    pub fn new(pointer: impl Into<String>, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), code: code.into(), message: message.into(), params: BTreeMap::new() }
    }

    /// Adds a parameter of the rule.
    #[must_use]
    pub fn with_param(mut self, name: impl Into<String>, value: impl Into<serde_json::Value>) -> Self {
        self.params.insert(name.into(), value.into());
        self
    }
}
