//! Where the OpenAPI document is served, to whom, and which version of the specification it follows.

use std::str::FromStr;

/// Where the OpenAPI document and the page with the documentation are served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ServeOpenApi {
    /// On the admin surface.
    #[default]
    Admin,
    /// On the main listener, beside the routes.
    Main,
    /// Nowhere.
    Off,
}

/// Who may read the OpenAPI document on the main listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum OpenApiAccess {
    /// Who may call a route that does not declare its access.
    #[default]
    App,
    /// Everyone.
    Public,
    /// Identified clients.
    Identified,
}

/// The version of the OpenAPI specification that the document follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum OpenApiVersion {
    /// 3.1.1
    #[default]
    V3_1,
    /// 3.2.0
    V3_2,
}

impl ServeOpenApi {
    /// Returns the name, as in the configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Main => "main",
            Self::Off => "off",
        }
    }
}

impl OpenApiAccess {
    /// Returns the name, as in the configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Public => "public",
            Self::Identified => "identified",
        }
    }
}

impl OpenApiVersion {
    /// Returns the name, as in the configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V3_1 => "3.1",
            Self::V3_2 => "3.2",
        }
    }
}

/// Parses `admin`, `main` or `off`.
impl FromStr for ServeOpenApi {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = [Self::Admin, Self::Main, Self::Off].into_iter().find(|known| known.as_str() == text);
        known.ok_or("must be `admin`, `main` or `off`")
    }
}

/// Parses `app`, `public` or `identified`.
impl FromStr for OpenApiAccess {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = [Self::App, Self::Public, Self::Identified].into_iter().find(|known| known.as_str() == text);
        known.ok_or("must be `app`, `public` or `identified`")
    }
}

/// Parses `3.1` or `3.2`.
impl FromStr for OpenApiVersion {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = [Self::V3_1, Self::V3_2].into_iter().find(|known| known.as_str() == text);
        known.ok_or("must be `3.1` or `3.2`")
    }
}
