//! What stands between a test and its app.

use std::{future::Future, pin::Pin};

use axum::{extract::Request, response::Response};

/// Answers the requests of a test in place of the app.
pub(super) trait Answer: Send + Sync {
    fn answer(&self, request: Request) -> Pin<Box<dyn Future<Output = Response> + Send + '_>>;
}
