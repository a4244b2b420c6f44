//! The subject of an invalidation.

use std::{fmt, sync::Arc};

use crate::{
    cache::{
        headers::percent,
        validity::{
            glob::Glob,
            key_text::KeyText,
            tag::{self, Tag},
            template::Template,
        },
    },
    identity::Identity,
};

/// The subject of an invalidation within one partition: a tag, a path, a route, a pattern over paths, or the entries of
/// one user.
///
/// A target keeps its names, for listeners and logs, in addition to the number by which a store finds the entries. It
/// is built once and cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Target {
    partition: Arc<str>,
    subject: Subject,
    /// `None` if entries must be compared with the pattern.
    tag: Option<Tag>,
}

/// The subject of a target.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::cache) enum Subject {
    /// A tag of routes, handlers and values.
    Tag(Arc<str>),
    /// A path, with any query.
    Path(Arc<str>),
    /// The path template of a route.
    Route(Arc<str>),
    /// A pattern over paths and over keys of values.
    Pattern(Glob),
    /// The entries that belong to this user.
    User { issuer: Option<Arc<str>>, sub: Arc<str> },
    /// One value of the program. Listeners do not receive it, since no copy of it exists elsewhere.
    Value,
}

impl Target {
    /// Creates the target of everything with the tag `name`.
    #[must_use]
    pub fn tag(partition: impl Into<Arc<str>>, name: &str) -> Self {
        let partition = partition.into();
        let tag = Tag::named(&partition, name);
        Self { partition, subject: Subject::Tag(name.into()), tag: Some(tag) }
    }

    /// Creates the target of every response for this path, with any query, in all spellings of the path.
    #[must_use]
    pub fn path(partition: impl Into<Arc<str>>, path: &str) -> Self {
        let partition = partition.into();
        let tag = Tag::path(&partition, path);
        Self { partition, subject: Subject::Path(percent::normalised(path).into()), tag: Some(tag) }
    }

    /// Creates the target of every response for this path at this host, with any query.
    pub(in crate::cache) fn host_path(partition: Arc<str>, host: &str, path: &str) -> Self {
        let tag = Tag::host_path(&partition, host, &percent::decoded(path));
        Self { partition, subject: Subject::Path(percent::normalised(path).into()), tag: Some(tag) }
    }

    /// Creates the target of every response of the route with this path template, such as `/users/{id}`.
    #[must_use]
    pub fn route(partition: impl Into<Arc<str>>, template: &str) -> Self {
        let partition = partition.into();
        let tag = Tag::route(&partition, template);
        Self { partition, subject: Subject::Route(template.into()), tag: Some(tag) }
    }

    /// Creates the target of every response that belongs to this user.
    #[must_use]
    pub fn user(partition: impl Into<Arc<str>>, identity: &Identity) -> Self {
        let partition = partition.into();
        let tag = Tag::user(&partition, identity);
        let subject = Subject::User { issuer: identity.issuer().map(Into::into), sub: identity.sub().into() };
        Self { partition, subject, tag: Some(tag) }
    }

    /// Creates the target of every response for a path that matches `pattern`, and of every value whose key matches.
    ///
    /// `*` matches any text, and `\*` a star. A pattern with a `?` matches path and query. Paths match in all their
    /// spellings, and the pairs of a query in any order of their names.
    ///
    /// A path with placeholders and without a `*` is the template of a [`route`](Self::route); beside a `*`, a
    /// placeholder also matches any text. In a path, `{{` and `}}` are braces. A pattern that begins with neither `/`
    /// nor `*/` has no placeholders, and its braces are literal: `user:{42}:*`.
    ///
    /// A path, a template, and a pattern whose only `*` is at its end cost as much as a tag. Any other pattern is kept
    /// in a list of 64, and lookups compare each older entry with it. With one more, the oldest leaves the list, and
    /// everything that was stored before it becomes invalid as well.
    #[must_use]
    pub fn pattern(partition: impl Into<Arc<str>>, pattern: &str) -> Self {
        if pattern.contains(['{', '}']) && (pattern.starts_with('/') || pattern.starts_with("*/")) {
            let template = Template::new(pattern);
            if !template.is_fixed() && names_route(pattern) {
                return Self::route(partition, pattern);
            }
            return Self::glob(partition, template.fill_pattern(&[], |_| None));
        }
        Self::glob(partition, Glob::new(pattern))
    }

    /// The same for a pattern that is already parsed.
    pub(in crate::cache) fn glob(partition: impl Into<Arc<str>>, pattern: Glob) -> Self {
        let partition = partition.into();
        let tag = match (pattern.has_query(), pattern.literal(), pattern.prefix()) {
            (true, _, _) => None,
            (false, Some(path), _) => Some(Tag::decoded_path(&partition, path)),
            (false, None, Some(prefix)) if tag::is_prefix_tag(prefix) => Some(Tag::decoded_prefix(&partition, prefix)),
            (false, None, _) => None,
        };
        Self { partition, subject: Subject::Pattern(pattern), tag }
    }

    /// The value with this tag.
    pub(in crate::cache) fn value(partition: impl Into<Arc<str>>, tag: Tag) -> Self {
        Self { partition: partition.into(), subject: Subject::Value, tag: Some(tag) }
    }

    /// Returns the partition of the target.
    #[must_use]
    pub fn partition(&self) -> &str {
        &self.partition
    }

    /// Returns the tag that entries have if this target covers them; `None` for a pattern that entries must be compared
    /// with ([`covers`](Self::covers)).
    #[must_use]
    pub const fn as_tag(&self) -> Option<Tag> {
        self.tag
    }

    /// Whether the target covers an entry with these tags and this text of its key.
    pub(in crate::cache) fn covers_entry(&self, tags: &[Tag], text: impl FnOnce() -> KeyText) -> bool {
        match (&self.tag, &self.subject) {
            (Some(tag), _) => tags.contains(tag),
            (None, Subject::Pattern(pattern)) => text().matches(&self.partition, pattern),
            (None, _) => false,
        }
    }

    pub(in crate::cache) fn subject(&self) -> &Subject {
        &self.subject
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target")
            .field("partition", &self.partition)
            .field("subject", &self.subject)
            .finish_non_exhaustive()
    }
}

/// Whether a pattern is the template of a route rather than a pattern over paths.
fn names_route(pattern: &str) -> bool {
    pattern.contains('{') && (!pattern.contains(['*', '?']) || pattern.contains("{*"))
}
