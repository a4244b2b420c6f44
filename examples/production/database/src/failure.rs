//! What a failure of the database means to a client.

use routekit::{
    axum::http::{HeaderValue, StatusCode, header::RETRY_AFTER},
    prelude::*,
};
use sqlx::Error;

/// Returns the problem of a query that has failed: 503 if the database is away, else 500. The cause goes to the log.
pub fn database_problem(error: Error) -> Problem {
    if is_unavailable(&error) {
        tracing::warn!(%error, "the database cannot be reached");
        return Problem::new(StatusCode::SERVICE_UNAVAILABLE)
            .with_detail("the database cannot be reached")
            .with_header(RETRY_AFTER, HeaderValue::from_static("5"));
    }
    Problem::internal(error)
}

/// Whether the database may answer later.
pub(crate) fn is_unavailable(error: &Error) -> bool {
    match error {
        Error::Io(_) | Error::PoolTimedOut | Error::WorkerCrashed => true,
        // PostgreSQL: connection failures, too many connections, and a server that starts or stops.
        Error::Database(error) => {
            error.code().is_some_and(|code| code.starts_with("08") || code == "53300" || code.starts_with("57P0"))
        }
        _ => false,
    }
}
