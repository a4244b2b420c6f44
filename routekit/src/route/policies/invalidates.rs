//! What a route declares invalid.

use super::request_text::{RequestFunction, RequestText};

/// The entries that are invalid after the handler of an unsafe method: `invalidates(…)`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Invalidates {
    pub(crate) tags: &'static [&'static str],
    pub(crate) patterns: &'static [&'static str],
    pub(crate) user: bool,
    pub(crate) partition: Option<RequestFunction>,
}

impl Invalidates {
    /// Templates of tags, such as `user:{id}`.
    #[must_use]
    pub const fn tags(&self) -> &'static [&'static str] {
        self.tags
    }

    /// Templates of patterns over paths, such as `/v2/users/{id}/*`.
    #[must_use]
    pub const fn patterns(&self) -> &'static [&'static str] {
        self.patterns
    }

    /// Whether the caller's own entries of `per = "user"` routes are invalid.
    #[must_use]
    pub const fn user(&self) -> bool {
        self.user
    }

    /// Derives the partition, which keeps tenants apart, from a request.
    #[must_use]
    pub fn partition(&self) -> Option<RequestText> {
        self.partition.map(RequestFunction::text)
    }
}

/// What generated code calls, in const context.
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
