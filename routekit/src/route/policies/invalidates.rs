//! The stored responses that a route invalidates.

use super::request_text::{RequestFunction, RequestText};

/// The entries that are invalid after a handler with an unsafe method: `invalidates(…)`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Invalidates {
    pub(crate) tags: &'static [&'static str],
    pub(crate) patterns: &'static [&'static str],
    pub(crate) user: bool,
    pub(crate) partition: Option<RequestFunction>,
}

impl Invalidates {
    /// Returns the templates of tags, such as `user:{id}`.
    #[must_use]
    pub const fn tags(&self) -> &'static [&'static str] {
        self.tags
    }

    /// Returns the templates of patterns over paths, such as `/v2/users/{id}/*`.
    #[must_use]
    pub const fn patterns(&self) -> &'static [&'static str] {
        self.patterns
    }

    /// Returns whether the caller's own entries of `per = "user"` routes are invalid.
    #[must_use]
    pub const fn user(&self) -> bool {
        self.user
    }

    /// Returns the function that derives the partition, such as the tenant, from a request.
    #[must_use]
    pub fn partition(&self) -> Option<RequestText> {
        self.partition.map(RequestFunction::text)
    }
}

/// Constructors for generated code, in const context.
#[doc(hidden)]
impl Invalidates {
    #[must_use]
    pub const fn new() -> Self {
        Self { tags: &[], patterns: &[], user: false, partition: None }
    }

    #[must_use]
    pub const fn with_tags(mut self, templates: &'static [&'static str]) -> Self {
        self.tags = templates;
        self
    }

    #[must_use]
    pub const fn with_patterns(mut self, templates: &'static [&'static str]) -> Self {
        self.patterns = templates;
        self
    }

    #[must_use]
    pub const fn with_user(mut self) -> Self {
        self.user = true;
        self
    }

    #[must_use]
    pub const fn with_partition(mut self, partition: RequestFunction) -> Self {
        self.partition = Some(partition);
        self
    }
}
