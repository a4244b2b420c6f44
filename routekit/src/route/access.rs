//! Who may call a route, as data.

use std::fmt;

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Access {
    /// Everybody. Credentials are not looked at.
    Public,
    /// Everybody. Credentials that come along must be valid.
    Optional,
    /// Whoever is identified and meets all of these requirements; without any, whoever is identified.
    ///
    /// `&[&[a], &[b]]` wants both grants, `&[&[a, b]]` either.
    Identified(&'static [AnyOf]),
}

/// A requirement: one of these grants is enough.
pub type AnyOf = &'static [Grant];

/// What an identity must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Grant {
    /// What a client was allowed to do in somebody's name (RFC 6749 §3.3).
    Scope(&'static str),
    /// What somebody is.
    Role(&'static str),
    /// What somebody may do.
    Permission(&'static str),
}

impl Access {
    /// Whether there is always an identity where the handler runs.
    #[must_use]
    pub fn is_identified(self) -> bool {
        matches!(self, Self::Identified(_))
    }
}

/// `public`, `optional`, `identified`, or the grants: `scope users:read, role admin or permission users:write`.
impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Public => f.pad("public"),
            Self::Optional => f.pad("optional"),
            Self::Identified([]) => f.pad("identified"),
            Self::Identified(all) => {
                let all: Vec<String> = all.iter().map(|any| show_any(any)).collect();
                f.pad(&all.join(", "))
            }
        }
    }
}

/// `role admin or permission users:write`
fn show_any(any: &[Grant]) -> String {
    any.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ")
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, name) = match self {
            Self::Scope(name) => ("scope", name),
            Self::Role(name) => ("role", name),
            Self::Permission(name) => ("permission", name),
        };
        write!(f, "{kind} {name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_words() {
        const READ: AnyOf = &[Grant::Scope("users:read")];
        const WRITE: AnyOf = &[Grant::Role("admin"), Grant::Permission("users:write")];
        for (access, expected) in [
            (Access::Public, "public"),
            (Access::Optional, "optional"),
            (Access::Identified(&[]), "identified"),
            (Access::Identified(&[READ]), "scope users:read"),
            (Access::Identified(&[READ, WRITE]), "scope users:read, role admin or permission users:write"),
        ] {
            assert_eq!(access.to_string(), expected);
        }
    }
}
