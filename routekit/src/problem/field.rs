//! One place of an input that is wrong.

use std::collections::BTreeMap;

use serde::Serialize;

/// What is wrong with one field of an input; never the value that was rejected.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct FieldError {
    /// Where: a JSON pointer (RFC 6901) into a JSON body, else the name of the field or parameter.
    pub pointer: String,
    /// What is wrong, for programs.
    ///
    /// Of an input that cannot be deserialised: `type` (another type), `value` (out of the type's range), `variant` (not one
    /// of the known), `length` (a list of another length), `missing`, `unknown` (a field that is not known), `duplicate`,
    /// `invalid` (refused by the type itself), `shape` (anything else). Of a broken rule: the rule's name, such as
    /// `length`, `range` or `email`, or its `code = "…"`.
    pub code: String,
    /// What would be right, for people.
    pub message: String,
    /// The rule's parameters, such as `min` and `max`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, serde_json::Value>,
}

impl FieldError {
    /// A broken rule without parameters.
    #[must_use]
    pub fn new(pointer: impl Into<String>, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), code: code.into(), message: message.into(), params: BTreeMap::new() }
    }

    /// Adds a parameter of the rule.
    #[must_use]
    pub fn param(mut self, name: impl Into<String>, value: impl Into<serde_json::Value>) -> Self {
        self.params.insert(name.into(), value.into());
        self
    }
}
