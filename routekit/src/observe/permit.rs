//! The permit of a running handler.

use std::{any::Any, fmt, sync::Arc};

/// The permit of a request under a concurrency limit, in the request's extensions. A policy that lets the handler
/// outlive its request takes the permit along, so that the limit counts running handlers and not waiting clients.
#[derive(Clone)]
pub(crate) struct RunningPermit(#[expect(dead_code, reason = "held until it is dropped")] Arc<dyn Any + Send + Sync>);

impl RunningPermit {
    pub(crate) fn new(permit: Arc<dyn Any + Send + Sync>) -> Self {
        Self(permit)
    }
}

impl fmt::Debug for RunningPermit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RunningPermit")
    }
}
