//! How a cache tells the app what it did with a request, without a text to parse.

/// What the cache did with a request, in the extensions of the response.
///
/// Absent where no cache took part. A fresh stored response carries it only if the request carries
/// [`WantsCacheOutcome`], because an extension costs more than the rest of a hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CacheOutcome {
    /// A fresh stored response answered the request.
    Hit,
    /// A stale stored response answered the request.
    Stale,
    /// The handler answered, and its response is stored now. Also for requests that waited for that response.
    Stored,
    /// The handler answered, and its response is not stored.
    NotStored,
}

/// In the extensions of a request that wants a [`CacheOutcome`] also if a fresh stored response answers it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WantsCacheOutcome;
