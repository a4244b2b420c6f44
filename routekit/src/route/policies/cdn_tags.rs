//! The header that contains the tags of a response for a CDN.

use http::HeaderName;

/// The header that contains the tags of a response for a CDN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CdnTags {
    /// `Cache-Tag: users,user:7`
    CacheTag,
    /// `Surrogate-Key: users user:7`
    SurrogateKey,
}

impl CdnTags {
    /// Returns the name of the header.
    #[must_use]
    pub const fn header(self) -> HeaderName {
        match self {
            Self::CacheTag => HeaderName::from_static("cache-tag"),
            Self::SurrogateKey => HeaderName::from_static("surrogate-key"),
        }
    }

    /// Returns the name of the header with capitals, as CDNs document it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CacheTag => "Cache-Tag",
            Self::SurrogateKey => "Surrogate-Key",
        }
    }
}
