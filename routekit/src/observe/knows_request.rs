//! Futures whose server reports when the response is sent.

use std::pin::Pin;

use super::exchange::ActiveRequest;

/// The future of a response that knows its request.
pub(crate) trait KnowsRequest {
    /// Hands over the request when the response is there. The caller drops it when the last byte is sent. `None` if the
    /// request does not count as active.
    fn take_request(self: Pin<&mut Self>) -> Option<ActiveRequest>;
}
