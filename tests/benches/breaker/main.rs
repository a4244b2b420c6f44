//! What a call through a closed breaker costs beside `recloser` and `tower-resilience`: `cargo bench -p routekit-tests
//! --bench breaker`; `tests/benches/breaker/instructions` counts instructions.
//!
//! Each call is let through and succeeds at once, or of fifty one fails, where that is said. `recloser` is asked by its
//! own call, and we by a permit; `tower-resilience` is a tower service and no more, so it stands beside our layer
//! around the same service. Windows are 100 calls, or 60 seconds where that is said. All take turns in short rounds, so
//! that a busy machine is busy for all; the medians of the rounds are compared.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods, reason = "a bench measures and prints")]

use std::{
    convert::Infallible,
    future::{Ready, ready},
    hint::{black_box, spin_loop},
    pin::pin,
    task::{Context, Waker},
    thread,
    time::{Duration, Instant},
};

use recloser::Recloser;
use routekit::breaker::{BreakerLayer, CircuitBreaker};
use tower::{Layer, Service};
use tower_resilience_circuitbreaker::{CircuitBreakerLayer, SlidingWindowType};

const ROUNDS: usize = 101;
const CALLS: u32 = 20_000;
/// Of what looks at all its calls of the last minute for each of them.
const FEW_CALLS: u32 = 200;
const SLOWEST: &str = "tower-resilience, service, 60 s";
const NONE: u32 = u32::MAX;

/// Makes so many calls.
type Run = Box<dyn Fn(u32) + Send + Sync>;

fn cases() -> [(&'static str, Run); 9] {
    let ours = |name: &str| CircuitBreaker::builder(name);
    let (by_calls, by_time) = (ours("calls").window(100_u32).build().unwrap(), ours("time").build().unwrap());
    let theirs = || CircuitBreakerLayer::builder().minimum_number_of_calls(10).failure_rate_threshold(0.5);
    let their_calls = theirs().sliding_window_type(SlidingWindowType::CountBased).sliding_window_size(100).build();
    let their_time = theirs()
        .sliding_window_type(SlidingWindowType::TimeBased)
        .sliding_window_duration(Duration::from_secs(60))
        .build();
    [
        ("routekit, permit", permits(by_calls.clone(), NONE)),
        ("routekit, permit, 60 s", permits(by_time.clone(), NONE)),
        ("routekit, permit, 1 of 50 fails", permits(by_calls.clone(), 50)),
        ("recloser", theirs_of(NONE)),
        ("recloser, 1 of 50 fails", theirs_of(50)),
        ("routekit, service", served(BreakerLayer::new(by_calls).layer(Inner))),
        ("routekit, service, 60 s", served(BreakerLayer::new(by_time).layer(Inner))),
        ("tower-resilience, service", served(their_calls.unwrap().layer(Inner))),
        (SLOWEST, served(their_time.unwrap().layer(Inner))),
    ]
}

fn theirs_of(failing: u32) -> Run {
    let recloser = Recloser::custom().closed_len(100).build();
    Box::new(move |calls| {
        for call in 0..calls {
            let _ = black_box(recloser.call(|| result(call, failing)));
        }
    })
}

/// Of so many calls one fails.
#[inline(always)]
fn result(call: u32, failing: u32) -> Result<u8, ()> {
    black_box(if call % failing == failing - 1 { Err(()) } else { Ok(1) })
}

fn permits(breaker: CircuitBreaker, failing: u32) -> Run {
    Box::new(move |calls| {
        for call in 0..calls {
            let permit = breaker.try_acquire().unwrap();
            if result(call, failing).is_ok() { permit.success() } else { permit.failure() }
        }
    })
}

/// Answers at once.
#[derive(Clone)]
struct Inner;

impl Service<u8> for Inner {
    type Response = u8;
    type Error = Infallible;
    type Future = Ready<Result<u8, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> std::task::Poll<Result<(), Infallible>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: u8) -> Self::Future {
        ready(Ok(request))
    }
}

fn served<S>(service: S) -> Run
where
    S: Service<u8, Response = u8> + Clone + Send + Sync + 'static,
{
    Box::new(move |calls| {
        let (mut service, mut cx) = (service.clone(), Context::from_waker(Waker::noop()));
        for _ in 0..calls {
            assert!(service.poll_ready(&mut cx).is_ready());
            let mut answer = pin!(service.call(black_box(1)));
            // Where another thread has the lock that it waits for, it is not there at once.
            while black_box(answer.as_mut().poll(&mut cx)).is_pending() {
                spin_loop();
            }
        }
    })
}

/// What `instructions` counts, and nothing outside it.
#[inline(never)]
fn measured(run: &Run, calls: u32) {
    run(calls);
}

fn main() {
    let cases = cases();
    let mut arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    if let (Some(case), Some(calls)) = (arguments.next(), arguments.next()) {
        let (_, run) = &cases[case.parse::<usize>().unwrap()];
        run(1000);
        measured(run, calls.parse().unwrap());
        return;
    }
    // By threads at once, by case, by round: nanoseconds a call.
    for threads in [1, 2] {
        let mut taken: [Vec<f64>; 9] = Default::default();
        for _ in 0..ROUNDS {
            for ((name, run), taken) in cases.iter().zip(&mut taken) {
                taken.push(round(run, threads, if *name == SLOWEST { FEW_CALLS } else { CALLS }));
            }
        }
        println!("{threads} at once: nanoseconds a call, median of {ROUNDS} rounds");
        for ((name, _), taken) in cases.iter().zip(&mut taken) {
            taken.sort_by(f64::total_cmp);
            println!("  {name:34} {:7.1}", taken[ROUNDS / 2]);
        }
    }
}

fn round(run: &Run, threads: usize, calls: u32) -> f64 {
    let begun = Instant::now();
    thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(|| measured(run, calls));
        }
        measured(run, calls);
    });
    begun.elapsed().as_secs_f64() * 1e9 / f64::from(calls)
}
