//! A breaker compared with a simple model under random calls.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use routekit::breaker::{CircuitBreaker, Outcome, Permit, State};

use super::{SECOND, breaker};

/// A breaker whose window is a list of the last calls.
struct Model {
    state: State,
    until: Instant,
    last: VecDeque<bool>,
    /// When the lease of each running probe ends, by its call.
    probes: Vec<(usize, Instant)>,
    succeeded: usize,
    age: usize,
}

const WINDOW: usize = 6;
const PROBES: usize = 2;
const LEASE: Duration = Duration::from_secs(7);
const OPEN_FOR: Duration = Duration::from_secs(20);

impl Model {
    fn admit(&mut self, call: usize, now: Instant) -> Option<usize> {
        if self.state == State::Open {
            if now < self.until {
                return None;
            }
            (self.state, self.succeeded, self.age) = (State::HalfOpen, 0, self.age + 1);
            self.probes.clear();
        }
        if self.state == State::HalfOpen {
            self.probes.retain(|(_, until)| now < *until);
            if self.probes.len() + self.succeeded >= PROBES {
                return None;
            }
            self.probes.push((call, now + LEASE));
        }
        Some(self.age)
    }

    fn settle(&mut self, call: usize, age: usize, outcome: Outcome, now: Instant) {
        let probe = self.probes.iter().position(|(probe, _)| *probe == call);
        if age != self.age || self.state == State::HalfOpen && probe.is_none() {
            return;
        }
        if let Some(probe) = probe {
            self.probes.remove(probe);
        }
        let failed = match outcome {
            Outcome::Failure => true,
            Outcome::Success => false,
            Outcome::Neutral => return,
        };
        if self.state == State::HalfOpen {
            if failed {
                self.open(now);
            } else {
                self.succeeded += 1;
                if self.succeeded == PROBES {
                    (self.state, self.age) = (State::Closed, self.age + 1);
                    self.last.clear();
                }
            }
            return;
        }
        self.last.push_back(failed);
        if self.last.len() > WINDOW {
            self.last.pop_front();
        }
        let failures = self.last.iter().filter(|failed| **failed).count();
        if self.last.len() >= 4 && failures * 2 >= self.last.len() {
            self.open(now);
        }
    }

    fn open(&mut self, now: Instant) {
        (self.state, self.until, self.age) = (State::Open, now + OPEN_FOR, self.age + 1);
        self.probes.clear();
    }
}

#[test]
fn a_hundred_thousand_random_calls_end_as_in_the_model() {
    let (breaker, clock) = breaker(|b| {
        b.window(u32::try_from(WINDOW).unwrap()).min_calls(4).half_open_calls(2).open_for(OPEN_FOR).probe_lease(LEASE)
    });
    let mut model = Model {
        state: State::Closed,
        until: clock.now(),
        last: VecDeque::new(),
        probes: Vec::new(),
        succeeded: 0,
        age: 0,
    };
    let mut random = fastrand::Rng::with_seed(42);
    let mut under_way: Vec<(usize, usize, Permit<&CircuitBreaker>)> = Vec::new();
    let mut seen = [0_usize; 3];
    for call in 0..100_000 {
        if random.u8(..) < 60 {
            clock.advance(SECOND * random.u32(0..6));
        }
        let now = clock.now();
        let settles = under_way.len() > 12 || random.bool();
        if settles && !under_way.is_empty() {
            let (call, age, permit) = under_way.swap_remove(random.usize(..under_way.len()));
            let outcome = [Outcome::Success, Outcome::Success, Outcome::Failure, Outcome::Neutral][random.usize(..4)];
            model.settle(call, age, outcome, now);
            permit.settle(outcome);
        } else {
            let (admitted, expected) = (breaker.try_acquire(), model.admit(call, now));
            assert_eq!(admitted.is_ok(), expected.is_some(), "call {call}");
            if let (Ok(permit), Some(age)) = (admitted, expected) {
                under_way.push((call, age, permit));
            }
        }
        assert_eq!(breaker.state(), model.state, "call {call}");
        let failures = model.last.iter().filter(|failed| **failed).count() as u64;
        if model.state == State::Closed {
            assert_eq!(breaker.snapshot().failure_count, failures, "call {call}");
        }
        seen[model.state as usize] += 1;
    }
    assert!(seen.iter().all(|count| *count > 5_000), "every state was looked at: {seen:?}");
}
