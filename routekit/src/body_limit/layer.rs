use tower_layer::Layer;

use super::BodyLimit;

/// Answers 413 for bodies that are too large. See the [module docs](crate::body_limit).
#[derive(Debug, Clone)]
pub struct BodyLimitLayer {
    bytes: u64,
}

impl BodyLimitLayer {
    /// At most this many bytes.
    #[must_use]
    pub const fn new(bytes: u64) -> Self {
        Self { bytes }
    }
}

impl<S> Layer<S> for BodyLimitLayer {
    type Service = BodyLimit<S>;

    fn layer(&self, inner: S) -> BodyLimit<S> {
        BodyLimit { inner, bytes: self.bytes }
    }
}
