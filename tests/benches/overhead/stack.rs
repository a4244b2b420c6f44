//! Sends requests to the whole stack: `overhead-stack CASE REQUESTS`.

#![allow(clippy::unwrap_used, reason = "a bench")]

mod cases;
mod payloads;
mod under;

fn main() {
    cases::run(under::routekit());
}
