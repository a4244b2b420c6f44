//! A value with its origin.

use std::{fmt, ops::Deref};

/// A value with its origin. It dereferences to the value: `*config.addr`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting<T> {
    value: T,
    origin: Origin,
}

/// The origin of a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// Not set anywhere.
    Default,
    /// The default of a certain kind of route, such as `cached routes`.
    DefaultOf(&'static str),
    /// The attribute of the route.
    Attribute,
    /// The [`group!`](crate::group) of this module.
    Group(&'static str),
    /// The configuration file of this name.
    File(String),
    /// The environment variable of this name.
    Variable(String),
    /// Code of the program.
    Code,
}

impl<T> Setting<T> {
    /// Creates a setting with this origin.
    #[must_use]
    pub const fn new(value: T, origin: Origin) -> Self {
        Self { value, origin }
    }

    /// Creates a setting whose origin is [`Origin::Default`].
    #[must_use]
    pub const fn default_to(value: T) -> Self {
        Self::new(value, Origin::Default)
    }

    /// Returns the origin of the value.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Returns the value.
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

/// The origin is [`Origin::Code`].
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
            Self::Group(module) => write!(f, "group of {module}"),
            Self::File(name) => f.write_str(name),
            Self::Variable(name) => f.write_str(name),
            Self::Code => f.write_str("code"),
        }
    }
}
