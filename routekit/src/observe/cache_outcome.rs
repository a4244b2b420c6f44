//! The outcome of a request at the cache, for the rest of the app.

/// The outcome of a request at the cache, in the extensions of the response.
///
/// Absent if the route has no cache. A fresh stored response has it only if the request has [`WantsCacheOutcome`],
/// because an extension costs more than the rest of a hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CacheOutcome {
    /// A fresh stored response answered the request.
    Hit,
    /// A stale stored response answered the request.
    Stale,
    /// The handler answered, and its response is now stored. Also for requests that waited for that response.
    Stored,
    /// The handler answered, and its response is not stored.
    NotStored,
    /// The request is `only-if-cached`, and no stored response satisfies it. Its 504 (RFC 9111 §5.2.1.7) is the choice
    /// of the client, and no failure.
    OnlyIfCached,
}

/// An extension of requests that also need the [`CacheOutcome`] of a fresh stored response.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WantsCacheOutcome;
