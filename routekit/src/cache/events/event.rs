//! What was invalidated, for listeners that keep copies elsewhere.

use std::{collections::BTreeMap, fmt};

use crate::cache::{
    events::edge_tags,
    validity::target::{Subject, Target},
};

/// One invalidation within one partition, by a route, by [`Cache`](crate::cache::Cache) or by an operator. See
/// [`App::on_invalidate`](crate::App::on_invalidate).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Invalidation {
    /// The partition; without a name, that of routes without one.
    pub partition: String,
    /// Names of tags: `user:7`.
    pub tags: Vec<String>,
    /// Patterns over what clients ask for: `/users/7/*`.
    pub patterns: Vec<String>,
    /// Paths that were changed by a request (RFC 9111 §4.4), whatever the query: `/users/7`.
    pub paths: Vec<String>,
    /// Routes, whatever their placeholders are: `/users/{id}`.
    pub routes: Vec<String>,
    /// What only these users are given.
    pub users: Vec<InvalidatedUser>,
    /// Whether it was everything, in all partitions; then nothing else is named.
    pub everything: bool,
}

/// A user whose answers are invalid.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvalidatedUser {
    /// Who vouches for it, if that is known.
    pub issuer: Option<String>,
    /// Its name there.
    pub sub: String,
}

impl Invalidation {
    /// The tags as `cdn_tags = …` writes them in headers, to be purged at an edge: with the partition before them where
    /// it has a name (`acme|users`), and percent-encoded where a header cannot have them as they are.
    #[must_use]
    pub fn edge_tags(&self) -> Vec<String> {
        let tags = self.tags.iter().map(|name| edge_tags::written(&self.partition, name));
        tags.filter(|tag| !tag.is_empty()).collect()
    }

    /// What these targets name: one event for each partition.
    fn of<'t>(targets: impl IntoIterator<Item = &'t Target>) -> Vec<Self> {
        let mut events = BTreeMap::<&str, Self>::new();
        for target in targets.into_iter().filter(|target| *target.subject() != Subject::Value) {
            let event = events.entry(target.partition()).or_default();
            match target.subject() {
                Subject::Tag(name) => event.tags.push(name.to_string()),
                Subject::Pattern(pattern) => event.patterns.push(pattern.to_string()),
                // A path at two hosts is one here.
                Subject::Path(path) if event.paths.iter().any(|known| **known == **path) => {}
                Subject::Path(path) => event.paths.push(path.to_string()),
                Subject::Route(template) => event.routes.push(template.to_string()),
                Subject::User { issuer, sub } => event
                    .users
                    .push(InvalidatedUser { issuer: issuer.as_deref().map(str::to_owned), sub: sub.to_string() }),
                Subject::Value => {}
            }
        }
        events.into_iter().map(|(partition, event)| Self { partition: partition.to_owned(), ..event }).collect()
    }
}

/// What was invalidated, as the cache knows it.
#[derive(Debug)]
pub(in crate::cache) enum Invalidated {
    /// Everything, in all partitions.
    Everything,
    Targets(Vec<Target>),
}

impl Invalidated {
    /// Of targets, without those of values, which have no copies outside.
    pub(in crate::cache) fn targets<'t>(targets: impl IntoIterator<Item = &'t Target>) -> Self {
        Self::Targets(targets.into_iter().filter(|target| *target.subject() != Subject::Value).cloned().collect())
    }

    pub(in crate::cache) fn is_empty(&self) -> bool {
        matches!(self, Self::Targets(targets) if targets.is_empty())
    }

    /// One event for each partition, or one for everything.
    pub(super) fn events(&self) -> Vec<Invalidation> {
        match self {
            Self::Everything => vec![Invalidation { everything: true, ..Invalidation::default() }],
            Self::Targets(targets) => Invalidation::of(targets),
        }
    }
}

/// For a log, whose readers want to purge by hand what could not be told.
impl fmt::Display for Invalidation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.everything {
            return f.write_str("everything");
        }
        let mut parts = Vec::new();
        let lists =
            [("tags", &self.tags), ("patterns", &self.patterns), ("paths", &self.paths), ("routes", &self.routes)];
        parts.extend(
            lists.iter().filter(|(_, names)| !names.is_empty()).map(|(kind, names)| format!("{kind} {names:?}")),
        );
        if !self.users.is_empty() {
            parts.push(format!("what {} user(s) are given", self.users.len()));
        }
        if !self.partition.is_empty() {
            parts.push(format!("in the partition {:?}", self.partition));
        }
        f.write_str(&parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::CdnTags;

    #[test]
    fn what_is_purged_is_what_was_sent() {
        for partition in ["", "acme", "a b|c"] {
            let tags = ["users", "a b", "c,d", "größe", "", "acme|users"].map(str::to_owned).to_vec();
            let header = edge_tags::header_value(CdnTags::CacheTag, partition, &tags);
            let event = Invalidation { partition: partition.to_owned(), tags, ..Invalidation::default() };
            assert_eq!(header, event.edge_tags().join(","));
        }
    }

    #[test]
    fn one_event_for_each_partition() {
        let targets = [Target::tag("b", "1"), Target::tag("", "2"), Target::tag("b", "3")];
        let events = Invalidation::of(&targets);
        let events: Vec<String> = events.iter().map(ToString::to_string).collect();
        assert_eq!(events, [r#"tags ["2"]"#, r#"tags ["1", "3"], in the partition "b""#]);
        assert!(Invalidation::of(&[]).is_empty());
    }
}
