//! Invalidations as listeners receive them, to purge copies elsewhere.

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
    /// The partition; empty for that of routes without one.
    pub partition: String,
    /// The names of tags: `user:7`.
    pub tags: Vec<String>,
    /// Patterns over the requested paths: `/users/7/*`.
    pub patterns: Vec<String>,
    /// Paths that a request has changed (RFC 9111 §4.4), with any query: `/users/7`.
    pub paths: Vec<String>,
    /// Routes, with any values of their placeholders: `/users/{id}`.
    pub routes: Vec<String>,
    /// Users whose own responses are invalid.
    pub users: Vec<InvalidatedUser>,
    /// Whether everything is invalid, in all partitions. All lists are empty then.
    pub everything: bool,
}

/// A user whose own responses are invalid.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvalidatedUser {
    /// The issuer of its identity, if known.
    pub issuer: Option<String>,
    /// Its name, which is unique per issuer.
    pub sub: String,
}

impl Invalidation {
    /// Returns the tags as `cdn_tags = …` spells them in headers, to purge them at a CDN: preceded by the partition if
    /// it has a name (`acme|users`), and percent-encoded where a header value requires it.
    #[must_use]
    pub fn edge_tags(&self) -> Vec<String> {
        let tags = self.tags.iter().map(|name| edge_tags::written(&self.partition, name));
        tags.filter(|tag| !tag.is_empty()).collect()
    }

    /// The events of these targets, one for each partition.
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

/// An invalidation, as the cache represents it.
#[derive(Debug)]
pub(in crate::cache) enum Invalidated {
    /// Everything, in all partitions.
    Everything,
    Targets(Vec<Target>),
}

impl Invalidated {
    /// Invalidated targets, without those of values, which have no copies elsewhere.
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

/// For the log, so that operators can purge by hand if a listener failed.
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
