use std::{
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::Duration,
};

use super::RetryBudget;
use crate::base::clock::ManualClock;

fn empty(clock: &ManualClock) -> RetryBudget {
    let budget = RetryBudget::new().clock(clock.clock()).burst(5);
    (0..5).for_each(|_| assert!(budget.withdraw()));
    assert!(!budget.withdraw());
    budget
}

#[test]
fn ten_calls_pay_for_one_retry() {
    let clock = ManualClock::new();
    let budget = empty(&clock);
    (0..9).for_each(|_| budget.deposit());
    assert!(!budget.withdraw(), "nine tenths of a retry are not one");
    budget.deposit();
    assert!(budget.withdraw());
    assert!(!budget.withdraw());
}

#[test]
fn n_calls_at_a_ratio_of_k_of_n_pay_for_k_retries() {
    for n in 1..=100_u32 {
        for k in 1..=n {
            let budget = empty(&ManualClock::new()).ratio(f64::from(k) / f64::from(n)).burst(k);
            let drawn = || (0..=k).filter(|_| budget.withdraw()).count();
            assert_eq!(drawn(), k as usize, "the bucket starts full");
            (0..n).for_each(|_| budget.deposit());
            assert_eq!(drawn(), k as usize, "{k}/{n}");
        }
    }
}

#[test]
fn each_second_adds_min_per_second() {
    let clock = ManualClock::new();
    let budget = empty(&clock);
    clock.advance(Duration::from_nanos(99_999_999));
    assert!(!budget.withdraw());
    clock.advance(Duration::from_nanos(1));
    assert!(budget.withdraw(), "10 per second is one in 100 ms");
    assert!(!budget.withdraw(), "and no time is paid for twice");
}

#[test]
fn small_steps_add_as_much_as_one_large_step() {
    let clock = ManualClock::new();
    let budget = empty(&clock);
    for _ in 0..100 {
        assert_eq!(budget.available(), 0);
        clock.advance(Duration::from_millis(1));
    }
    assert_eq!(budget.available(), 1);
}

#[test]
fn bucket_holds_at_most_the_burst() {
    let clock = ManualClock::new();
    let budget = empty(&clock);
    clock.advance(Duration::from_secs(u64::from(u32::MAX)));
    (0..1_000).for_each(|_| budget.deposit());
    assert_eq!(budget.available(), 5);
    assert_eq!((0..10).filter(|_| budget.withdraw()).count(), 5);
}

#[test]
fn the_largest_numbers_do_not_overflow() {
    let clock = ManualClock::new();
    let budget = RetryBudget::new().ratio(f64::MAX).min_per_second(u32::MAX).burst(u32::MAX).clock(clock.clock());
    assert!(budget.withdraw());
    clock.advance(Duration::from_secs(u64::from(u32::MAX)));
    budget.deposit();
    assert_eq!(budget.available(), u32::MAX);
    assert_eq!(RetryBudget::new().burst(0).ratio(1.0).available(), 0);
}

#[test]
fn clones_share_the_bucket_until_one_is_reconfigured() {
    let budget = RetryBudget::new().clock(ManualClock::new().clock()).burst(2);
    let (clone, own) = (budget.clone(), budget.clone().ratio(0.5));
    assert!(clone.withdraw() && clone.withdraw());
    assert_eq!((budget.available(), own.available()), (0, 2));
}

#[test]
#[should_panic(expected = "at least 0, not NaN")]
fn nan_ratio_panics() {
    let _ = RetryBudget::new().ratio(f64::NAN);
}

/// Number of retries that `THREADS` racing threads withdraw in `TRIES` tries each.
fn rush(budget: &RetryBudget, before: impl Fn() + Sync) -> u32 {
    let given = AtomicU32::new(0);
    let start = std::sync::Barrier::new(THREADS);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                start.wait();
                for _ in 0..TRIES {
                    before();
                    if budget.withdraw() {
                        given.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    given.into_inner()
}

const THREADS: usize = 4;
const TRIES: u32 = 20_000;

#[test]
fn racing_withdrawals_never_exceed_the_balance() {
    for round in 0..5 {
        let budget = RetryBudget::new().clock(ManualClock::new().clock()).burst(60_000);
        assert_eq!(rush(&budget, || {}), 60_000, "round {round}");
        assert_eq!(budget.available(), 0);
    }
}

#[test]
fn racing_deposits_are_counted_once() {
    for round in 0..5 {
        let budget = RetryBudget::new().clock(ManualClock::new().clock()).ratio(0.5).burst(u32::MAX);
        // Far below the burst, which would cap a deposit.
        budget.bucket.balance.store(0, Ordering::Relaxed);
        let given = rush(&budget, || budget.deposit());
        assert_eq!(given + budget.available(), 40_000, "round {round}");
    }
}

#[test]
fn racing_refills_add_each_second_once() {
    for round in 0..5 {
        let clock = ManualClock::new();
        let budget = RetryBudget::new().clock(clock.clock()).min_per_second(1_000_000).burst(u32::MAX);
        budget.bucket.balance.store(0, Ordering::Relaxed);
        // Every try advances the clock by one microsecond, which adds one retry.
        let given = rush(&budget, || clock.advance(Duration::from_micros(1)));
        assert_eq!(given + budget.available(), 80_000, "round {round}");
    }
}
