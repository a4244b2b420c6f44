//! A breaker compared with a simple model under random calls.

use std::{
    cell::Cell,
    collections::VecDeque,
    time::{Duration, Instant},
};

use proptest::{
    collection::vec,
    prelude::{Just, Strategy},
    prop_assert_eq, prop_oneof,
    sample::select,
};
use routekit::breaker::{CircuitBreaker, Outcome, Permit, State};

use super::{SECOND, breaker};
use crate::support::check;

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

#[derive(Debug, Clone, Copy)]
enum Step {
    /// Seconds pass.
    Wait(u32),
    Call,
    /// One of the running calls ends.
    Settle(usize, Outcome),
}

fn step() -> impl Strategy<Value = Step> {
    let outcome = select(&[Outcome::Success, Outcome::Success, Outcome::Failure, Outcome::Neutral][..]);
    prop_oneof![
        1 => (0..6_u32).prop_map(Step::Wait),
        2 => Just(Step::Call),
        2 => (0..12_usize, outcome).prop_map(|(call, outcome)| Step::Settle(call, outcome)),
    ]
}

#[test]
fn random_calls_end_as_in_the_model() {
    let seen = [const { Cell::new(0_usize) }; 3];
    check(256, &vec(step(), 0..400), |steps| {
        let (breaker, clock) = breaker(|b| {
            let b = b.window(u32::try_from(WINDOW).unwrap()).min_calls(4).half_open_calls(2);
            b.open_for(OPEN_FOR).probe_lease(LEASE)
        });
        let mut model = Model {
            state: State::Closed,
            until: clock.now(),
            last: VecDeque::new(),
            probes: Vec::new(),
            succeeded: 0,
            age: 0,
        };
        let mut under_way: Vec<(usize, usize, Permit<&CircuitBreaker>)> = Vec::new();
        for (at, step) in steps.into_iter().enumerate() {
            let now = clock.now();
            match step {
                Step::Wait(seconds) => clock.advance(SECOND * seconds),
                Step::Call => {
                    let (admitted, expected) = (breaker.try_acquire(), model.admit(at, now));
                    prop_assert_eq!(admitted.is_ok(), expected.is_some(), "step {}", at);
                    if let (Ok(permit), Some(age)) = (admitted, expected) {
                        under_way.push((at, age, permit));
                    }
                }
                Step::Settle(..) if under_way.is_empty() => {}
                Step::Settle(call, outcome) => {
                    let (call, age, permit) = under_way.swap_remove(call % under_way.len());
                    model.settle(call, age, outcome, now);
                    permit.settle(outcome);
                }
            }
            prop_assert_eq!(breaker.state(), model.state, "step {}", at);
            let failures = model.last.iter().filter(|failed| **failed).count() as u64;
            if model.state == State::Closed {
                prop_assert_eq!(breaker.snapshot().failure_count, failures, "step {}", at);
            }
            let seen = &seen[model.state as usize];
            seen.set(seen.get() + 1);
        }
        Ok(())
    });
    assert!(seen.iter().all(|count| count.get() > 2_000), "every state was looked at: {seen:?}");
}
