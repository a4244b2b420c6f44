//! Asks bare axum: `overhead-bare CASE REQUESTS`.

#![allow(clippy::unwrap_used, reason = "a bench")]

mod cases;
mod plain;

fn main() {
    cases::run(plain::axum());
}
