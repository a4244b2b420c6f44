use tower_layer::Layer;

use super::CatchPanic;

/// Answers 500 where the inner service panics. See the [module docs](crate::catch_panic).
#[derive(Debug, Clone, Default)]
pub struct CatchPanicLayer {
    // Built by `new`, so that a setting can come.
    _private: (),
}

impl CatchPanicLayer {
    /// The layer; it has no settings.
    #[must_use]
    pub const fn new() -> Self {
        Self { _private: () }
    }
}

impl<S> Layer<S> for CatchPanicLayer {
    type Service = CatchPanic<S>;

    fn layer(&self, inner: S) -> CatchPanic<S> {
        CatchPanic { inner }
    }
}
