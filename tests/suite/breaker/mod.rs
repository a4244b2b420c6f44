//! Circuit breakers: states, layers, routes, operators.

mod calls;
mod fallback;
mod hostile;
mod layers;
mod memory;
mod model;
mod named;
mod nested;
mod operators;
mod refused;
mod routes;
mod states;
mod threads;

use routekit::{
    ManualClock,
    breaker::{CircuitBreaker, CircuitBreakerBuilder, Outcome, State},
};

use crate::support::SECOND;

/// A breaker and its clock.
fn breaker(set: impl FnOnce(CircuitBreakerBuilder) -> CircuitBreakerBuilder) -> (CircuitBreaker, ManualClock) {
    let clock = ManualClock::new();
    let breaker = set(CircuitBreaker::builder("test")).clock(clock.clock()).build().unwrap();
    (breaker, clock)
}

/// Settles `count` calls with this outcome, or fewer if the breaker refuses.
fn end(breaker: &CircuitBreaker, count: usize, outcome: Outcome) {
    for _ in 0..count {
        let Ok(permit) = breaker.try_acquire() else { return };
        permit.settle(outcome);
    }
}

fn fail(breaker: &CircuitBreaker, count: usize) {
    end(breaker, count, Outcome::Failure);
}

fn succeed(breaker: &CircuitBreaker, count: usize) {
    end(breaker, count, Outcome::Success);
}

/// A breaker that failures have opened, and its clock.
fn opened(set: impl FnOnce(CircuitBreakerBuilder) -> CircuitBreakerBuilder) -> (CircuitBreaker, ManualClock) {
    let (breaker, clock) = breaker(set);
    fail(&breaker, 1000);
    assert_eq!(breaker.state(), State::Open);
    (breaker, clock)
}
