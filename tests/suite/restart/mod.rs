//! Restarts without downtime: sockets that a supervisor passes, what it learns of the app, and pages that one process
//! hands over to the next.

mod errors;
mod hot_pages;
mod load;
pub(crate) mod program;
pub(crate) mod started;
mod supervisor;
