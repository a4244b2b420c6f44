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
}

/// An extension of requests that also need the [`CacheOutcome`] of a fresh stored response.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WantsCacheOutcome;
