//! What the attribute of a route says, as `'static` data.

use std::fmt;

use super::{method::Method, policies::Policies};

/// A route as it is declared.
#[derive(Debug)]
pub struct RouteMeta {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) handler: &'static str,
    pub(crate) location: Location,
    pub(crate) summary: &'static str,
    pub(crate) description: &'static str,
    pub(crate) tags: &'static [&'static str],
    pub(crate) operation_id: Option<&'static str>,
    pub(crate) version: Option<&'static str>,
    pub(crate) policies: Policies,
}

impl RouteMeta {
    /// The method.
    #[must_use]
    pub const fn method(&self) -> Method {
        self.method
    }

    /// The path template, without the app's prefix.
    #[must_use]
    pub const fn path(&self) -> &'static str {
        self.path
    }

    /// The name of the handler function.
    #[must_use]
    pub const fn handler(&self) -> &'static str {
        self.handler
    }

    /// Where the attribute stands.
    #[must_use]
    pub const fn location(&self) -> Location {
        self.location
    }

    /// One line: the option `summary`, else the first paragraph of the doc comment.
    #[must_use]
    pub const fn summary(&self) -> &'static str {
        self.summary
    }

    /// The rest of the doc comment.
    #[must_use]
    pub const fn description(&self) -> &'static str {
        self.description
    }

    /// The option `tags`.
    #[must_use]
    pub const fn tags(&self) -> &'static [&'static str] {
        self.tags
    }

    /// The option `operation_id`.
    #[must_use]
    pub const fn operation_id(&self) -> Option<&'static str> {
        self.operation_id
    }

    /// The option `version`.
    #[must_use]
    pub const fn version(&self) -> Option<&'static str> {
        self.version
    }

    /// The declared policies.
    #[must_use]
    pub const fn policies(&self) -> Policies {
        self.policies
    }
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
    pub const fn with_documentation(mut self, summary: &'static str, description: &'static str) -> Self {
        self.summary = summary;
        self.description = description;
        self
    }

    #[must_use]
    pub const fn with_tags(mut self, tags: &'static [&'static str]) -> Self {
        self.tags = tags;
        self
    }

    #[must_use]
    pub const fn with_operation_id(mut self, id: &'static str) -> Self {
        self.operation_id = Some(id);
        self
    }

    #[must_use]
    pub const fn with_version(mut self, version: &'static str) -> Self {
        self.version = Some(version);
        self
    }

    #[must_use]
    pub const fn with_policies(mut self, policies: Policies) -> Self {
        self.policies = policies;
        self
    }
}

/// A place in the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    pub(crate) module_path: &'static str,
    pub(crate) file: &'static str,
    pub(crate) line: u32,
}

impl Location {
    /// What generated code calls.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(module_path: &'static str, file: &'static str, line: u32) -> Self {
        Self { module_path, file, line }
    }

    /// The module, crate first: `billing_routes::invoices`.
    #[must_use]
    pub const fn module_path(&self) -> &'static str {
        self.module_path
    }

    /// The file, as it was passed to the compiler.
    #[must_use]
    pub const fn file(&self) -> &'static str {
        self.file
    }

    /// The line, from 1.
    #[must_use]
    pub const fn line(&self) -> u32 {
        self.line
    }

    /// The crate, as Rust spells it: `billing_routes`.
    #[must_use]
    pub fn crate_name(&self) -> &'static str {
        self.module_path.split("::").next().unwrap_or(self.module_path)
    }
}

/// `src/users.rs:10`
impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}
