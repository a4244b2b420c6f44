//! Restarts without downtime: sockets that a supervisor passes, and what it learns of the app.

mod errors;
mod load;
mod program;
mod started;
mod supervisor;
