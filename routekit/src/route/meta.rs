//! The declaration of a route, as `'static` data.

use std::fmt;

use super::{method::Method, policies::Policies};

/// The declaration of a route.
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
    /// Returns the method.
    #[must_use]
    pub const fn method(&self) -> Method {
        self.method
    }

    /// Returns the path template, without the prefixes of its groups and of the app.
    #[must_use]
    pub const fn path(&self) -> &'static str {
        self.path
    }

    /// Returns the name of the handler function.
    #[must_use]
    pub const fn handler(&self) -> &'static str {
        self.handler
    }

    /// Returns the location of the attribute.
    #[must_use]
    pub const fn location(&self) -> Location {
        self.location
    }

    /// Returns a summary of one line: the option `summary`, else the first paragraph of the doc comment.
    #[must_use]
    pub const fn summary(&self) -> &'static str {
        self.summary
    }

    /// Returns the rest of the doc comment.
    #[must_use]
    pub const fn description(&self) -> &'static str {
        self.description
    }

    /// Returns the option `tags`.
    #[must_use]
    pub const fn tags(&self) -> &'static [&'static str] {
        self.tags
    }

    /// Returns the option `operation_id`.
    #[must_use]
    pub const fn operation_id(&self) -> Option<&'static str> {
        self.operation_id
    }

    /// Returns the option `version`.
    #[must_use]
    pub const fn version(&self) -> Option<&'static str> {
        self.version
    }

    /// Returns the declared policies.
    #[must_use]
    pub const fn policies(&self) -> Policies {
        self.policies
    }
}

/// Constructors for generated code, in const context.
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
    pub(crate) unit: CompiledUnit,
}

/// What tells crates of one name apart, such as the library and the program of a package, and two versions of a crate.
/// Cargo sets it in the environment of the compiler; other build tools may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CompiledUnit {
    package: Option<&'static str>,
    version: Option<&'static str>,
    /// The program, if the crate is one.
    binary: Option<&'static str>,
    is_test: bool,
}

/// The package that a route belongs to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Package {
    pub(crate) name: &'static str,
    #[cfg_attr(not(feature = "schema"), expect(dead_code, reason = "only the OpenAPI document reads it"))]
    pub(crate) version: &'static str,
    pub(crate) is_program: bool,
}

impl Location {
    /// For generated code.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(module_path: &'static str, file: &'static str, line: u32) -> Self {
        let unit = CompiledUnit { package: None, version: None, binary: None, is_test: false };
        Self { module_path, file, line, unit }
    }

    /// For generated code: the crate, beside its name.
    #[doc(hidden)]
    #[must_use]
    pub const fn built_as(
        mut self,
        package: Option<&'static str>,
        version: Option<&'static str>,
        binary: Option<&'static str>,
        is_test: bool,
    ) -> Self {
        self.unit = CompiledUnit { package, version, binary, is_test };
        self
    }

    /// Returns the module, crate first: `billing_routes::invoices`.
    #[must_use]
    pub const fn module_path(&self) -> &'static str {
        self.module_path
    }

    /// Returns the file, as it was passed to the compiler.
    #[must_use]
    pub const fn file(&self) -> &'static str {
        self.file
    }

    /// Returns the line, counted from 1.
    #[must_use]
    pub const fn line(&self) -> u32 {
        self.line
    }

    /// The package: by the variables of Cargo, or else the crate.
    pub(crate) fn package(&self) -> Package {
        let CompiledUnit { package, version, binary, .. } = self.unit;
        Package {
            name: package.unwrap_or_else(|| self.crate_name()),
            version: version.unwrap_or("0.0.0"),
            is_program: binary.is_some(),
        }
    }

    /// Returns the crate, as Rust spells it: `billing_routes`.
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
