//! The name of a route in statistics.

/// A route as statistics name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RouteIdentity {
    /// A method, or `ANY`.
    pub(crate) method: String,
    /// The template. `None` for requests that match no route.
    pub(crate) path: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) tags: Vec<String>,
    /// Whether it is a route of the app, and not a hand-written one or a response of the router.
    pub(crate) is_declared: bool,
}

impl RouteIdentity {
    /// `METHOD:path:version`, with `default` in place of a version, or `unmatched`.
    pub(crate) fn key(&self) -> String {
        match &self.path {
            Some(path) => format!("{}:{path}:{}", self.method, self.version.as_deref().unwrap_or("default")),
            None => "unmatched".to_owned(),
        }
    }
}
