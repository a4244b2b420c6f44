//! Properties of the breaker that hold in every order of the threads' steps.

use std::time::{Duration, Instant};

use loom::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};
use routekit::ManualClock;

use super::{Open, Outcome, State, Transition, gate::BreakerGate, settings::BreakerSettings, state::Ticket};
use crate::route::{BreakerPolicy, Window};

const LEASE: Duration = Duration::from_secs(5);

/// A breaker and the list that its listener fills with state changes.
struct Model {
    gate: BreakerGate,
    opened: AtomicUsize,
    start: Instant,
}

impl Model {
    /// Two failures in a row open it for a minute.
    fn new(start: Instant) -> Arc<Self> {
        let settings = BreakerSettings::of(&BreakerPolicy::new().with_window(Window::Calls(2)), LEASE);
        Arc::new(Self { gate: BreakerGate::new(settings, start), opened: AtomicUsize::new(0), start })
    }

    fn admit(&self, seconds: u64) -> Result<Ticket, Open> {
        let (admitted, change) = self.gate.admit(|| self.start + Duration::from_secs(seconds));
        self.tell(change);
        admitted
    }

    fn settle(&self, ticket: Ticket, outcome: Outcome, seconds: u64) {
        let now = || self.start + Duration::from_secs(seconds);
        self.tell(self.gate.settle(ticket, outcome, Duration::ZERO, now));
    }

    fn tell(&self, change: Option<Transition>) {
        if change.is_some_and(|change| change.to == State::Open) {
            self.opened.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn state(&self) -> State {
        self.gate.read(|machine| machine.state())
    }

    fn opened(&self) -> usize {
        self.opened.load(Ordering::SeqCst)
    }

    fn fail_twice(&self) {
        for _ in 0..2 {
            let ticket = self.admit(0).unwrap();
            self.settle(ticket, Outcome::Failure, 0);
        }
    }
}

/// Runs the model in every order, each time with a new breaker.
fn model(check: impl Fn(Arc<Model>) + Send + Sync + 'static) {
    let clock = ManualClock::new();
    loom::model(move || check(Model::new(clock.now())));
}

#[test]
fn threads_that_cross_the_threshold_open_the_breaker_once() {
    model(|breaker| {
        let threads: Vec<_> = (0..3)
            .map(|_| {
                let breaker = Arc::clone(&breaker);
                thread::spawn(move || {
                    if let Ok(ticket) = breaker.admit(0) {
                        breaker.settle(ticket, Outcome::Failure, 0);
                    }
                })
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!((breaker.state(), breaker.opened()), (State::Open, 1));
        assert!(breaker.admit(1).is_err());
    });
}

#[test]
fn a_call_of_an_earlier_generation_changes_nothing() {
    model(|breaker| {
        let early = breaker.admit(0).unwrap();
        let late = {
            let breaker = Arc::clone(&breaker);
            thread::spawn(move || breaker.settle(early, Outcome::Failure, 0))
        };
        // Three failures with the early one: two of them open the breaker, and the third is late or is one of the two.
        for _ in 0..2 {
            if let Ok(ticket) = breaker.admit(0) {
                breaker.settle(ticket, Outcome::Failure, 0);
            }
        }
        let probe = breaker.admit(60).unwrap();
        breaker.settle(probe, Outcome::Success, 60);
        late.join().unwrap();
        assert_eq!((breaker.state(), breaker.opened()), (State::Closed, 1));
        assert_eq!(breaker.gate.read(|machine| machine.counts(breaker.start).calls), 0, "it is of another time");
    });
}

#[test]
fn threads_that_race_for_one_probe_admit_exactly_one() {
    model(|breaker| {
        breaker.fail_twice();
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let breaker = Arc::clone(&breaker);
                thread::spawn(move || breaker.admit(60).is_ok())
            })
            .collect();
        let passed = usize::from(breaker.admit(60).is_ok());
        let others = threads.into_iter().map(|thread| usize::from(thread.join().unwrap()));
        assert_eq!(passed + others.sum::<usize>(), 1);
        assert_eq!(breaker.state(), State::HalfOpen);
    });
}

#[test]
fn a_probe_that_is_dropped_returns_its_permit() {
    model(|breaker| {
        breaker.fail_twice();
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let breaker = Arc::clone(&breaker);
                thread::spawn(move || {
                    if let Ok(probe) = breaker.admit(60) {
                        breaker.settle(probe, Outcome::Neutral, 60);
                    }
                })
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        let probe = breaker.admit(60).expect("both have given theirs back");
        assert!(breaker.admit(60).is_err(), "and there is one");
        breaker.settle(probe, Outcome::Success, 60);
        assert_eq!(breaker.state(), State::Closed);
    });
}

#[test]
fn a_probe_whose_lease_has_ended_does_not_disturb_its_successor() {
    model(|breaker| {
        breaker.fail_twice();
        let lost = breaker.admit(60).unwrap();
        let late = {
            let breaker = Arc::clone(&breaker);
            thread::spawn(move || breaker.settle(lost, Outcome::Failure, 66))
        };
        let second = breaker.admit(66);
        if let Ok(second) = second {
            breaker.settle(second, Outcome::Success, 66);
        }
        late.join().unwrap();
        // The first probe either lost its lease and changes nothing, or it settled in time and opened the breaker
        // again.
        match second {
            Ok(_) => assert_eq!((breaker.state(), breaker.opened()), (State::Closed, 1)),
            Err(_) => assert_eq!((breaker.state(), breaker.opened()), (State::Open, 2)),
        }
    });
}
