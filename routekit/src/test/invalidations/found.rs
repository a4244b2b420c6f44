//! What the check found.

use std::fmt;

/// A write after which the cache still answered with the old content.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ForgottenInvalidation {
    /// The route that wrote: `POST /users (src/users.rs:20)`.
    pub write: String,
    /// The cached route that stayed stale: `GET /users (src/users.rs:10)`.
    pub stale: String,
    /// The request that got the stale response: `GET /users?page=2`.
    pub request: String,
    /// Whether the cache of the route answered. Otherwise the handler ran, and used a stale
    /// [value](crate::cache::Cache::get_or_fill), or the apps do not share their data.
    pub is_from_cache: bool,
    /// The tags of the stale route, as it declares them.
    pub tags: Vec<String>,
}

/// `POST /users (src/users.rs:20) leaves GET /users (src/users.rs:10) stale: …`
impl fmt::Display for ForgottenInvalidation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { write, stale, request, is_from_cache, tags } = self;
        if !is_from_cache {
            return write!(
                f,
                "{write} leaves {stale} stale: `{request}` got other content than without a cache, from its handler; \
                 invalidate the values that the handler keeps in the cache, or let both apps share their data"
            );
        }
        write!(f, "{write} leaves {stale} stale: `{request}` got the old content from the cache; ")?;
        if tags.is_empty() {
            return write!(f, "give the cached route `tags`, and invalidate them in the other one");
        }
        let tags: Vec<String> = tags.iter().map(|tag| format!("\"{tag}\"")).collect();
        write!(f, "add `invalidates({})`, or those of its tags that change", tags.join(", "))
    }
}
