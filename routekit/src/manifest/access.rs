//! Who may call a route.

use std::{collections::BTreeSet, fmt};

use serde::{Deserialize, Serialize};

use crate::route::Access;

/// The clients that a route admits, and the grants that they need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ManifestAccess {
    admits: Admits,
    /// All must be met, each with one of its grants: `[["scope users:read"], ["role admin", "role support"]]`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    requirements: Vec<BTreeSet<String>>,
}

/// Kinds of clients, from the most to the fewest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Admits {
    /// Everyone.
    Public,
    /// Everyone without credentials, and clients with valid ones.
    Optional,
    /// Clients with valid credentials.
    Identified,
}

impl ManifestAccess {
    pub(super) fn new(access: &Access) -> Self {
        let (admits, requirements) = match access {
            Access::Public => (Admits::Public, Vec::new()),
            Access::Optional => (Admits::Optional, Vec::new()),
            Access::Identified(requirements) => {
                let grants = requirements.iter().map(|any| any.iter().map(ToString::to_string).collect());
                (Admits::Identified, grants.collect())
            }
        };
        Self { admits, requirements }
    }

    /// Whether it admits every request that `other` admits.
    pub(super) fn admits_all_of(&self, other: &Self) -> bool {
        // A requirement is met by every client that meets one with some of its grants.
        let is_met = |own: &BTreeSet<String>| other.requirements.iter().any(|required| required.is_subset(own));
        self.admits <= other.admits && self.requirements.iter().all(is_met)
    }
}

/// `public`, `optional`, `identified`, or the grants.
impl fmt::Display for ManifestAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.admits {
            Admits::Public => f.write_str("public"),
            Admits::Optional => f.write_str("optional"),
            Admits::Identified if self.requirements.is_empty() => f.write_str("identified"),
            Admits::Identified => {
                let any = |any: &BTreeSet<String>| any.iter().cloned().collect::<Vec<_>>().join(" or ");
                f.write_str(&self.requirements.iter().map(any).collect::<Vec<_>>().join(", "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::Grant;

    #[test]
    fn access_with_fewer_requirements_or_more_grants_admits_more() {
        let identified = Access::identified;
        let (read, write) = (Grant::scope("read"), Grant::scope("write"));
        // From the most clients to the fewest.
        let all = [
            Access::Public,
            Access::Optional,
            identified(),
            identified().any_of([read.clone(), write.clone()]),
            identified().all_of([read.clone()]),
            identified().all_of([read, write]),
        ];
        let all = all.map(|access| ManifestAccess::new(&access));
        for (index, access) in all.iter().enumerate() {
            for (other_index, other) in all.iter().enumerate() {
                assert_eq!(access.admits_all_of(other), index <= other_index, "{access} | {other}");
            }
        }
    }
}
