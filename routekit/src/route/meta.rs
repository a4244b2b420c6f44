//! What was written in the attribute, as `'static` data.

use std::fmt;

use super::{Method, Policies};

/// A route as it was declared.
#[derive(Debug)]
#[non_exhaustive]
pub struct RouteMeta {
    /// The method.
    pub method: Method,
    /// The path template, without the app's prefix.
    pub path: &'static str,
    /// The name of the handler function.
    pub handler: &'static str,
    /// Where the attribute stands.
    pub location: Location,
    /// One line: the option `summary`, else the first paragraph of the doc comment.
    pub summary: &'static str,
    /// The rest of the doc comment.
    pub description: &'static str,
    /// The option `tags`.
    pub tags: &'static [&'static str],
    /// The option `operation_id`.
    pub operation_id: Option<&'static str>,
    /// The option `version`.
    pub version: Option<&'static str>,
    /// The policies that were declared.
    pub policies: Policies,
}

/// What generated code calls, in const context.
#[doc(hidden)]
impl RouteMeta {
    #[must_use]
    pub const fn new(method: Method, path: &'static str, handler: &'static str, location: Location) -> Self {
        Self {
            method,
            path,
            handler,
            location,
            summary: "",
            description: "",
            tags: &[],
            operation_id: None,
            version: None,
            policies: Policies::new(),
        }
    }

    #[must_use]
    pub const fn documented(mut self, summary: &'static str, description: &'static str) -> Self {
        self.summary = summary;
        self.description = description;
        self
    }

    #[must_use]
    pub const fn tags(mut self, tags: &'static [&'static str]) -> Self {
        self.tags = tags;
        self
    }

    #[must_use]
    pub const fn operation_id(mut self, id: &'static str) -> Self {
        self.operation_id = Some(id);
        self
    }

    #[must_use]
    pub const fn version(mut self, version: &'static str) -> Self {
        self.version = Some(version);
        self
    }

    #[must_use]
    pub const fn policies(mut self, policies: Policies) -> Self {
        self.policies = policies;
        self
    }
}

/// A place in the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Location {
    /// The module, crate first: `billing_routes::invoices`.
    pub module_path: &'static str,
    /// The file, as the compiler was given it.
    pub file: &'static str,
    /// The line, from 1.
    pub line: u32,
}

impl Location {
    /// What generated code calls.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(module_path: &'static str, file: &'static str, line: u32) -> Self {
        Self { module_path, file, line }
    }

    /// The crate, as Rust spells it: `billing_routes`.
    #[must_use]
    pub fn crate_name(&self) -> &'static str {
        self.module_path.split("::").next().unwrap_or(self.module_path)
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}
