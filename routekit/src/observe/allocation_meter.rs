//! Measures what a handler allocates. Without the feature `alloc-stats`, it is empty and does nothing.

use http::Extensions;

#[cfg(feature = "alloc-stats")]
use super::exchange::Exchange;

/// Adds what the current thread allocates to a request.
#[derive(Debug, Default)]
pub(crate) struct AllocationMeter {
    /// `None` if the request is not observed, or if the allocator does not count.
    #[cfg(feature = "alloc-stats")]
    exchange: Option<Exchange>,
}

impl AllocationMeter {
    /// The meter of the request with these extensions.
    #[cfg_attr(not(feature = "alloc-stats"), expect(unused_variables, reason = "nothing is measured"))]
    #[inline]
    pub(crate) fn of(extensions: &Extensions) -> Self {
        Self {
            #[cfg(feature = "alloc-stats")]
            exchange: if routekit_alloc::is_counting() { extensions.get().cloned() } else { None },
        }
    }

    /// Measures a call, unless it is part of one that is measured.
    #[inline]
    pub(crate) fn measure<T>(&self, call: impl FnOnce() -> T) -> T {
        #[cfg(feature = "alloc-stats")]
        let _measured =
            self.exchange.as_ref().and_then(|exchange| Some(MeasuredCall(routekit_alloc::Scope::enter()?, exchange)));
        call()
    }
}

/// A call in progress. It is added when it ends, also with a panic.
#[cfg(feature = "alloc-stats")]
struct MeasuredCall<'a>(routekit_alloc::Scope, &'a Exchange);

#[cfg(feature = "alloc-stats")]
impl Drop for MeasuredCall<'_> {
    fn drop(&mut self) {
        self.1.allocated(self.0.counts());
    }
}
