//! The access to a route.

use std::{borrow::Cow, fmt, sync::Arc};

/// The clients that may call a route.
///
/// ```
/// use routekit::auth::{Access, Grant};
///
/// let access = Access::identified()
///     .all_of([Grant::scope("orders:read")])
///     .any_of([Grant::role("admin"), Grant::permission("orders:write")]);
/// assert_eq!(access.to_string(), "scope orders:read, role admin or permission orders:write");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Access {
    /// Everyone. Credentials are ignored.
    Public,
    /// Everyone, but credentials must be valid if there are any.
    Optional,
    /// Identified clients that meet these requirements. [`Access::identified`] has none.
    Identified(Requirements),
}

/// The grants that an identified client needs. Each requirement is a list of grants, and one grant of the list meets
/// it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirements(Arc<[Box<[Grant]>]>);

/// A right of an identity: a scope, a role or a permission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    kind: GrantKind,
    name: Cow<'static, str>,
}

/// The kinds of grants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum GrantKind {
    /// A right that a user has granted to the client (RFC 6749 §3.3).
    Scope,
    /// A role of the client.
    Role,
    /// A right of the client itself.
    Permission,
}

/// [`Access`] in the form that generated code writes in const context.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub enum DeclaredAccess {
    Public,
    Optional,
    Identified(&'static [&'static [(GrantKind, &'static str)]]),
}

impl Access {
    /// Admits every identified client.
    #[must_use]
    pub fn identified() -> Self {
        Self::Identified(Requirements(Arc::new([])))
    }

    /// Requires an identified client that also has all of these grants.
    #[must_use]
    pub fn all_of(self, grants: impl IntoIterator<Item = Grant>) -> Self {
        self.requiring(grants.into_iter().map(|grant| Box::from([grant])))
    }

    /// Requires an identified client that also has at least one of these grants.
    #[must_use]
    pub fn any_of(self, grants: impl IntoIterator<Item = Grant>) -> Self {
        self.requiring([grants.into_iter().collect()])
    }

    fn requiring(self, more: impl IntoIterator<Item = Box<[Grant]>>) -> Self {
        let before = match &self {
            Self::Public | Self::Optional => &[],
            Self::Identified(requirements) => &*requirements.0,
        };
        Self::Identified(Requirements(before.iter().cloned().chain(more).collect()))
    }

    /// Returns whether the handler always runs with an identity.
    #[must_use]
    pub fn is_identified(&self) -> bool {
        matches!(self, Self::Identified(_))
    }
}

impl Requirements {
    /// Returns the requirements. A client must meet each of them with at least one of its grants.
    pub fn iter(&self) -> impl Iterator<Item = &[Grant]> {
        self.0.iter().map(|any| &**any)
    }

    /// Returns whether there are none, so that every identified client is admitted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Grant {
    /// Creates the scope `name`.
    #[must_use]
    pub fn scope(name: impl Into<Cow<'static, str>>) -> Self {
        Self { kind: GrantKind::Scope, name: name.into() }
    }

    /// Creates the role `name`.
    #[must_use]
    pub fn role(name: impl Into<Cow<'static, str>>) -> Self {
        Self { kind: GrantKind::Role, name: name.into() }
    }

    /// Creates the permission `name`.
    #[must_use]
    pub fn permission(name: impl Into<Cow<'static, str>>) -> Self {
        Self { kind: GrantKind::Permission, name: name.into() }
    }

    /// Returns whether this is a scope, a role or a permission.
    #[must_use]
    pub const fn kind(&self) -> GrantKind {
        self.kind
    }

    /// Returns the name of the scope, role or permission.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl From<DeclaredAccess> for Access {
    fn from(declared: DeclaredAccess) -> Self {
        match declared {
            DeclaredAccess::Public => Self::Public,
            DeclaredAccess::Optional => Self::Optional,
            DeclaredAccess::Identified(all) => all.iter().fold(Self::identified(), |access, any| {
                access.any_of(any.iter().map(|&(kind, name)| Grant { kind, name: name.into() }))
            }),
        }
    }
}

/// `public`, `optional`, `identified`, or the grants: `scope users:read, role admin or permission users:write`.
impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Public => f.pad("public"),
            Self::Optional => f.pad("optional"),
            Self::Identified(requirements) if requirements.is_empty() => f.pad("identified"),
            Self::Identified(requirements) => {
                let all: Vec<String> = requirements.iter().map(show_any).collect();
                f.pad(&all.join(", "))
            }
        }
    }
}

/// `role admin or permission users:write`
fn show_any(any: &[Grant]) -> String {
    any.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ")
}

/// `scope users:read`
impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.name)
    }
}

/// `scope`, `role` or `permission`
impl fmt::Display for GrantKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Scope => "scope",
            Self::Role => "role",
            Self::Permission => "permission",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn access_is_displayed_with_its_requirements() {
        let read = Grant::scope("users:read");
        let write = [Grant::role("admin"), Grant::permission("users:write")];
        for (access, expected) in [
            (Access::Public, "public"),
            (Access::Optional, "optional"),
            (Access::identified(), "identified"),
            (Access::identified().all_of([read.clone()]), "scope users:read"),
            (Access::Public.all_of(write.clone()), "role admin, permission users:write"),
            (
                Access::identified().all_of([read]).any_of(write),
                "scope users:read, role admin or permission users:write",
            ),
        ] {
            assert_eq!(access.to_string(), expected);
        }
    }

    #[test]
    fn declared_access_equals_the_built_one() {
        const ALL: DeclaredAccess = DeclaredAccess::Identified(&[
            &[(GrantKind::Scope, "read")],
            &[(GrantKind::Role, "a"), (GrantKind::Permission, "b")],
        ]);
        let built =
            Access::identified().all_of([Grant::scope("read")]).any_of([Grant::role("a"), Grant::permission("b")]);
        assert_eq!(Access::from(ALL), built);
    }
}
