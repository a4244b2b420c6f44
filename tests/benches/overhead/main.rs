//! The time that the whole stack adds to a request: `cargo bench -p routekit-tests --bench overhead`.
//!
//! Both sides take turns in short rounds, so that a busy machine is busy for both. The medians of the rounds are
//! compared.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods, reason = "a bench measures and prints")]

mod cases;
mod payloads;
mod plain;
mod under;

use std::time::Instant;

use axum::{extract::Request, response::Response};

use cases::{CASES, Case};

const ROUNDS: usize = 101;
const REQUESTS: u32 = 2_000;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (bare, stack) = (plain::axum(), under::routekit());
    println!("{:8} {:>12} {:>12} {:>12} {:>8}", "case", "bare axum", "stack", "added", "ratio");
    for case in CASES {
        let (mut without, mut with) = (Vec::new(), Vec::new());
        runtime.block_on(async {
            for _ in 0..ROUNDS {
                without.push(round(case, &bare).await);
                with.push(round(case, &stack).await);
            }
        });
        let (without, with) = (median(without), median(with));
        let added = with - without;
        println!("{:8} {without:9.0} ns {with:9.0} ns {added:9.0} ns {:8.2}", case.name, with / without);
    }
}

/// Nanoseconds per request.
async fn round(case: Case, call: &impl AsyncFn(Request) -> Response) -> f64 {
    let start = Instant::now();
    for _ in 0..REQUESTS {
        case.ask(call).await;
    }
    start.elapsed().as_secs_f64() * 1e9 / f64::from(REQUESTS)
}

fn median(mut rounds: Vec<f64>) -> f64 {
    rounds.sort_by(f64::total_cmp);
    rounds[rounds.len() / 2]
}
