//! One place of an input that is wrong.

use std::collections::BTreeMap;

use serde::Serialize;

/// What is wrong with one field of an input; never the value that was rejected.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct FieldError {
    /// Where: a JSON pointer (RFC 6901) into a JSON body, else the name of the field or parameter.
    pub pointer: String,
    /// What kind of rule was broken, for programs: `length`, `range`, `type`, `missing`, …
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
