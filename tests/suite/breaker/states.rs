//! The state machine of the breaker.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, UNIX_EPOCH},
};

use routekit::breaker::{Cause, CircuitBreaker, Mode, Open, Outcome, Permit, State, Transition};

use super::{SECOND, breaker, end, fail, opened, succeed};

#[test]
fn five_failures_in_a_window_of_ten_open_it_after_a_thousand_successes() {
    let (breaker, _) = breaker(|b| b.window(10_u32));
    succeed(&breaker, 1000);
    fail(&breaker, 4);
    assert_eq!(breaker.state(), State::Closed);
    fail(&breaker, 1);
    assert_eq!(breaker.state(), State::Open);
}

#[test]
fn failures_below_min_calls_leave_it_closed() {
    for (what, set) in [("time", true), ("calls", false)] {
        let (breaker, _) = breaker(|b| if set { b.min_calls(100) } else { b.min_calls(100).window(100_u32) });
        fail(&breaker, 99);
        assert_eq!(breaker.state(), State::Closed, "{what}");
        fail(&breaker, 1);
        assert_eq!(breaker.state(), State::Open, "{what}");
    }
}

#[test]
fn rate_of_k_of_n_opens_it_at_exactly_k_failures_of_n() {
    for n in 1..=100_u32 {
        for k in 1..=n {
            let (breaker, _) = breaker(|b| b.failure_rate(f64::from(k) / f64::from(n)).window(n).min_calls(n));
            let (failures, successes) = (k as usize, (n - k) as usize);
            // One failure short of the rate in a full window, then a failure in place of a success.
            succeed(&breaker, successes + 1);
            fail(&breaker, failures - 1);
            assert_eq!(breaker.state(), State::Closed, "{} of {n} at a rate of {k}/{n}", k - 1);
            fail(&breaker, 1);
            assert_eq!(breaker.state(), State::Open, "{k} of {n} at a rate of {k}/{n}");
        }
    }
}

#[test]
fn success_that_reaches_min_calls_can_open_it() {
    let (breaker, _) = breaker(|b| b);
    fail(&breaker, 9);
    succeed(&breaker, 1);
    assert_eq!(breaker.state(), State::Open, "nine of ten have failed");
}

#[test]
fn outcomes_older_than_the_window_do_not_count() {
    let (breaker, clock) = breaker(|b| b);
    fail(&breaker, 9);
    clock.advance(61 * SECOND);
    fail(&breaker, 9);
    assert_eq!((breaker.state(), breaker.snapshot().request_count), (State::Closed, 9));
}

#[test]
fn defaults_are_half_of_ten_calls_in_60_seconds_and_60_seconds_open() {
    let (breaker, clock) = breaker(|b| b);
    succeed(&breaker, 6);
    fail(&breaker, 5);
    assert_eq!(breaker.state(), State::Closed, "5 of 11");
    fail(&breaker, 1);
    assert_eq!(breaker.state(), State::Open, "6 of 12");
    let refused = breaker.try_acquire().unwrap_err();
    assert_eq!(refused.retry_after(), 60 * SECOND);
    clock.advance(60 * SECOND - SECOND / 1000);
    assert_eq!(breaker.try_acquire().unwrap_err().retry_after(), SECOND / 1000);
    clock.advance(SECOND / 1000);
    breaker.try_acquire().unwrap().success();
    assert_eq!(breaker.state(), State::Closed);
    assert_eq!(breaker.snapshot().request_count, 0, "it begins anew");
}

#[test]
fn call_of_exactly_the_slow_threshold_is_slow() {
    for (took, slow) in [(SECOND - SECOND / 1_000_000, 0), (SECOND, 10)] {
        let (breaker, clock) = breaker(|b| b.slow_call(SECOND));
        for _ in 0..10 {
            let permit = breaker.try_acquire().unwrap();
            clock.advance(took);
            permit.success();
        }
        let state = if slow == 0 { State::Closed } else { State::Open };
        let snapshot = breaker.snapshot();
        assert_eq!((snapshot.slow_count, snapshot.failure_count, snapshot.state), (slow, 0, state), "{took:?}");
    }
}

#[test]
fn slow_rate_below_one_opens_it_earlier() {
    let (breaker, clock) = breaker(|b| b.slow_call(SECOND).slow_rate(0.3));
    succeed(&breaker, 7);
    for _ in 0..3 {
        assert_eq!(breaker.state(), State::Closed);
        let permit = breaker.try_acquire().unwrap();
        clock.advance(2 * SECOND);
        permit.success();
    }
    assert_eq!(breaker.state(), State::Open);
}

#[test]
fn slow_probe_opens_it_again() {
    let (breaker, clock) = opened(|b| b.slow_call(SECOND));
    clock.advance(60 * SECOND);
    let probe = breaker.try_acquire().unwrap();
    clock.advance(SECOND);
    probe.success();
    assert_eq!(breaker.state(), State::Open);
}

#[test]
fn half_open_closes_after_all_probes_and_opens_after_one_failure() {
    let (breaker, clock) = opened(|b| b.half_open_calls(3));
    clock.advance(60 * SECOND);
    succeed(&breaker, 2);
    assert_eq!(breaker.state(), State::HalfOpen);
    fail(&breaker, 1);
    assert_eq!(breaker.state(), State::Open);
    assert_eq!(breaker.try_acquire().unwrap_err().retry_after(), 60 * SECOND, "from now on");
    clock.advance(60 * SECOND);
    succeed(&breaker, 3);
    assert_eq!(breaker.state(), State::Closed);
}

#[test]
fn half_open_admits_only_the_configured_number_of_probes() {
    let (breaker, clock) = opened(|b| b.half_open_calls(3));
    clock.advance(60 * SECOND);
    breaker.try_acquire().unwrap().success();
    let under_way = [breaker.try_acquire().unwrap(), breaker.try_acquire().unwrap()];
    let refused = breaker.try_acquire().unwrap_err();
    assert_eq!(refused.retry_after(), Duration::ZERO, "the end of a forced state is unknown");
    under_way.into_iter().for_each(Permit::success);
    assert_eq!(breaker.state(), State::Closed);
}

#[test]
fn dropped_probe_returns_its_permit() {
    let (breaker, clock) = opened(|b| b);
    clock.advance(60 * SECOND);
    let before = breaker.snapshot();
    drop(breaker.try_acquire().unwrap());
    assert_eq!(breaker.state(), State::HalfOpen, "no outcome");
    assert_eq!(breaker.snapshot().failure_count, before.failure_count);
    breaker.try_acquire().unwrap().success();
    assert_eq!(breaker.state(), State::Closed);
}

#[test]
fn unsettled_probe_loses_its_lease_and_its_late_result() {
    let (breaker, clock) = opened(|b| b.probe_lease(5 * SECOND));
    for late in [Outcome::Failure, Outcome::Success] {
        breaker.reset();
        fail(&breaker, 10);
        clock.advance(60 * SECOND);
        let lost = breaker.try_acquire().unwrap();
        clock.advance(5 * SECOND - SECOND / 1000);
        assert!(breaker.try_acquire().is_err(), "its lease runs");
        clock.advance(SECOND / 1000);
        let second = breaker.try_acquire().unwrap();
        lost.settle(late);
        assert_eq!(breaker.state(), State::HalfOpen, "{late:?}");
        assert!(breaker.try_acquire().is_err(), "and it gives back no permit that is not its own");
        second.success();
        assert_eq!(breaker.state(), State::Closed);
    }
}

#[test]
fn call_admitted_while_closed_changes_nothing_when_it_ends_in_half_open() {
    for outcome in [Outcome::Failure, Outcome::Success, Outcome::Neutral] {
        let (breaker, clock) = breaker(|b| b.half_open_calls(2));
        let [early, late] = [breaker.try_acquire().unwrap(), breaker.try_acquire().unwrap()];
        fail(&breaker, 10);
        clock.advance(60 * SECOND);
        breaker.try_acquire().unwrap().success();
        let before = breaker.snapshot();
        early.settle(outcome);
        assert_eq!(breaker.snapshot(), before, "{outcome:?}");
        breaker.try_acquire().unwrap().success();
        let before = breaker.snapshot();
        assert_eq!(before.state, State::Closed);
        late.settle(outcome);
        assert_eq!(breaker.snapshot(), before, "nor once it is closed again: {outcome:?}");
    }
}

#[test]
fn wall_clock_jump_does_not_change_the_open_time() {
    let hour = 3600 * SECOND;
    for (name, wall) in [("forward", 101 * hour), ("back", 99 * hour)] {
        let (breaker, clock) = breaker(|b| b);
        clock.set_unix_time(100 * hour);
        fail(&breaker, 10);
        assert_eq!(breaker.snapshot().last_failure_time, Some(UNIX_EPOCH + 100 * hour));
        clock.set_unix_time(wall);
        assert_eq!(breaker.try_acquire().unwrap_err().retry_after(), 60 * SECOND, "{name}");
        clock.advance(59 * SECOND);
        assert_eq!(breaker.try_acquire().unwrap_err().retry_after(), SECOND, "{name}");
        assert_eq!(breaker.snapshot().last_failure_time, Some(UNIX_EPOCH + wall), "only the label moves");
        clock.advance(SECOND);
        assert!(breaker.try_acquire().is_ok(), "{name}");
    }
}

#[test]
fn backoff_extends_the_open_time_after_each_failed_probe() {
    let (breaker, clock) = opened(|b| b.backoff(2.0).max_open_for(200 * SECOND));
    for seconds in [60, 120, 200, 200] {
        assert_eq!(breaker.snapshot().retry_after, Some(seconds * SECOND));
        clock.advance(seconds * SECOND);
        fail(&breaker, 1);
    }
    clock.advance(200 * SECOND);
    succeed(&breaker, 1);
    fail(&breaker, 10);
    assert_eq!(breaker.snapshot().retry_after, Some(60 * SECOND), "it was closed in between");
}

#[test]
fn forced_state_holds_until_reset() {
    let (breaker, clock) = breaker(|b| b);
    breaker.force_open();
    clock.advance(3600 * SECOND);
    assert!(breaker.try_acquire().is_err(), "for however long");
    assert_eq!((breaker.state(), breaker.snapshot().mode), (State::Open, Mode::ForcedOpen));

    breaker.force_closed();
    fail(&breaker, 100);
    let snapshot = breaker.snapshot();
    assert_eq!((snapshot.state, snapshot.mode, snapshot.failure_count), (State::Closed, Mode::ForcedClosed, 100));

    breaker.disable();
    fail(&breaker, 100);
    let snapshot = breaker.snapshot();
    assert_eq!((snapshot.state, snapshot.mode, snapshot.request_count), (State::Closed, Mode::Disabled, 0));

    let of_before = breaker.try_acquire().unwrap();
    breaker.reset();
    of_before.failure();
    fail(&breaker, 9);
    assert_eq!((breaker.state(), breaker.snapshot().mode), (State::Closed, Mode::Automatic));
    fail(&breaker, 1);
    assert_eq!(breaker.state(), State::Open);
    breaker.reset();
    assert_eq!((breaker.state(), breaker.snapshot().request_count), (State::Closed, 0));
    assert_eq!(breaker.snapshot().opened, 2, "what was counted since the start stays");
}

#[test]
fn metrics_only_counts_and_refuses_no_call() {
    let (breaker, clock) = breaker(|b| b);
    breaker.metrics_only();
    for _ in 0..20 {
        breaker.try_acquire().unwrap().failure();
    }
    let snapshot = breaker.snapshot();
    assert_eq!((snapshot.state, snapshot.opened, snapshot.rejected), (State::Open, 1, 0));
    assert_eq!(snapshot.failure_count, 10, "as it would have been");
    clock.advance(60 * SECOND);
    let probe = breaker.try_acquire().unwrap();
    breaker.try_acquire().unwrap().failure();
    assert_eq!(breaker.state(), State::HalfOpen, "that one would have been refused");
    probe.success();
    assert_eq!(breaker.state(), State::Closed);
}

#[test]
fn listener_sees_each_change_once_with_its_cause() {
    let told: Arc<Mutex<Vec<Transition>>> = Arc::default();
    let (listener, clock) = (Arc::clone(&told), routekit::ManualClock::new());
    let breaker = CircuitBreaker::builder("told").clock(clock.clock());
    let breaker = breaker.on_transition(move |change| listener.lock().unwrap().push(*change)).build().unwrap();
    succeed(&breaker, 5);
    fail(&breaker, 10);
    clock.advance(60 * SECOND);
    fail(&breaker, 1);
    clock.advance(60 * SECOND);
    succeed(&breaker, 1);
    breaker.force_open();
    breaker.force_open();
    breaker.reset();
    let told: Vec<_> = told.lock().unwrap().iter().map(|change| (change.from, change.to, change.cause)).collect();
    let expected = [
        (State::Closed, State::Open, Cause::FailureRate),
        (State::Open, State::HalfOpen, Cause::OpenForElapsed),
        (State::HalfOpen, State::Open, Cause::ProbeFailed),
        (State::Open, State::HalfOpen, Cause::OpenForElapsed),
        (State::HalfOpen, State::Closed, Cause::ProbesSucceeded),
        (State::Closed, State::Open, Cause::Commanded),
        (State::Open, State::Closed, Cause::Commanded),
    ];
    assert_eq!(told, expected);
}

#[test]
fn snapshot_serialises_as_documented() {
    let (breaker, clock) = breaker(|b| b.slow_call(SECOND));
    clock.advance(5 * SECOND);
    succeed(&breaker, 5);
    fail(&breaker, 5);
    assert!(matches!(breaker.try_acquire(), Err(Open { .. })));
    let expected = serde_json::json!({
        "name": "test", "state": "open", "mode": "automatic", "failureCount": 5, "successCount": 5, "slowCount": 0,
        "requestCount": 10, "failureRate": 0.5, "slowRate": 0.0, "lastFailureTime": "2030-01-01T00:00:05.000Z",
        "opened": 1, "rejected": 1,
        "retryAfterMs": 60_000,
    });
    assert_eq!(serde_json::to_value(breaker.snapshot()).unwrap(), expected);
}

#[test]
fn invalid_settings_are_errors_with_a_message() {
    let error = CircuitBreaker::builder("payments").failure_rate(1.5).build().unwrap_err();
    let expected = "the circuit breaker `payments`: `failure_rate` is 1.5; a rate is above 0 and at most 1";
    assert_eq!(error.to_string(), expected);
    let of_the_app = routekit::Error::from(error).to_string();
    assert!(of_the_app.contains("`payments` of the program: `failure_rate` is 1.5"), "{of_the_app}");
}

#[test]
fn neutral_outcomes_are_not_counted() {
    let (breaker, _) = breaker(|b| b);
    fail(&breaker, 9);
    end(&breaker, 1000, Outcome::Neutral);
    assert_eq!((breaker.state(), breaker.snapshot().request_count), (State::Closed, 9));
}
