//! A value, and where it came from.

use std::{fmt, ops::Deref};

/// A setting with its origin. It reads like its value: `*config.addr`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting<T> {
    value: T,
    origin: Origin,
}

/// Where a setting came from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// Nobody said anything.
    Default,
    /// A default that only routes of this kind have: `cached routes`.
    DefaultOf(&'static str),
    /// The route's attribute.
    Attribute,
    /// The configuration file of this name.
    File(String),
    /// This environment variable.
    Variable(String),
    /// The program.
    Code,
}

impl<T> Setting<T> {
    /// A value from somewhere.
    #[must_use]
    pub const fn new(value: T, origin: Origin) -> Self {
        Self { value, origin }
    }

    /// What applies if nobody says anything.
    #[must_use]
    pub const fn default_to(value: T) -> Self {
        Self::new(value, Origin::Default)
    }

    /// Where it came from.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The value alone.
    #[must_use]
    pub fn into_value(self) -> T {
        self.value
    }
}

impl<T> Deref for Setting<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// What the program says.
impl<T> From<T> for Setting<T> {
    fn from(value: T) -> Self {
        Self::new(value, Origin::Code)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::DefaultOf(kind) => write!(f, "default of {kind}"),
            Self::Attribute => f.write_str("attribute"),
            Self::File(name) => f.write_str(name),
            Self::Variable(name) => f.write_str(name),
            Self::Code => f.write_str("code"),
        }
    }
}
