//! A place that a handler holds while it runs.

use std::{any::Any, fmt, sync::Arc};

/// The place of a request under a concurrency limit, in the request's extensions. A policy that lets the handler run on
/// without its client takes it along, so that the limit counts handlers that run rather than clients that wait.
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
