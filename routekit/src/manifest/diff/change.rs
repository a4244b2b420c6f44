//! One change.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    str::FromStr,
};

use serde::Serialize;

/// One change of one route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ManifestChange {
    /// What kind of change it is.
    pub kind: ChangeKind,
    /// The method and the path: `DELETE /users/{id}`. For a change that all routes share, their number.
    pub route: String,
    /// What changes: `auth: identified -> public`.
    pub what: String,
    /// The declaration of the route in the new manifest, or in the old one if it is removed. `None` for a route that
    /// was written by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
}

/// The kinds of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ChangeKind {
    /// A route is gone.
    Removed,
    /// A request that was valid is refused now, or a response may have a form that it never had.
    Breaking,
    /// A policy admits what it refused, or no longer protects.
    Loosened,
    /// A policy refuses what it admitted.
    Tightened,
    /// A policy or a name changes in another way.
    Changed,
    /// A route is new.
    Added,
    /// Requests and responses change in a way that does not concern existing clients.
    Compatible,
}

impl ChangeKind {
    /// All kinds, from the gravest.
    pub const ALL: [Self; 7] =
        [Self::Removed, Self::Breaking, Self::Loosened, Self::Tightened, Self::Changed, Self::Added, Self::Compatible];

    /// Returns the name: `removed`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Removed => "removed",
            Self::Breaking => "breaking",
            Self::Loosened => "loosened",
            Self::Tightened => "tightened",
            Self::Changed => "changed",
            Self::Added => "added",
            Self::Compatible => "compatible",
        }
    }
}

impl fmt::Display for ChangeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for ChangeKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.map(Self::as_str).join(", ");
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or_else(|| format!("must be one of {known}"))
    }
}

/// `loosened   DELETE /users/{id}: auth: identified -> public (src/users.rs:10)`
impl fmt::Display for ManifestChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:10} {}: {}", self.kind, self.route, self.what)?;
        self.location.as_ref().map_or(Ok(()), |location| write!(f, " ({location})"))
    }
}

/// Makes one change of those that all routes share, such as the effect of one setting of the app.
pub(super) fn summarize(changes: &[ManifestChange], routes: usize) -> Vec<ManifestChange> {
    let mut concerned: BTreeMap<(ChangeKind, &str), BTreeSet<&str>> = BTreeMap::new();
    for change in changes {
        concerned.entry((change.kind, &change.what)).or_default().insert(&change.route);
    }
    let shared = concerned.into_iter().filter(|(_, of)| routes > 1 && of.len() == routes);
    let shared: Vec<(ChangeKind, String)> = shared.map(|((kind, what), _)| (kind, what.to_owned())).collect();
    let of_all =
        |change: &ManifestChange| shared.iter().any(|(kind, what)| *kind == change.kind && *what == change.what);
    let common = shared.iter().map(|(kind, what)| ManifestChange {
        kind: *kind,
        route: format!("all {routes} routes"),
        what: what.clone(),
        location: None,
    });
    let own = changes.iter().filter(|change| !of_all(change)).cloned();
    common.chain(own).collect()
}
