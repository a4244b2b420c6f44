//! Sends requests to bare axum: `overhead-bare CASE REQUESTS`.

#![allow(clippy::unwrap_used, reason = "a bench")]

mod cases;
mod payloads;
mod plain;

fn main() {
    cases::run(plain::axum());
}
