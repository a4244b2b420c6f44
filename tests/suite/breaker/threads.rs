//! One breaker used by many threads.

use std::{
    sync::{
        Arc, Barrier,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use routekit::{
    ManualClock,
    breaker::{CircuitBreaker, State},
};
use tokio::task::JoinSet;

use super::{SECOND, opened};
use crate::support::until;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn half_open_admits_exactly_two_of_a_thousand_racing_tasks() {
    for round in 0..20 {
        let (breaker, clock) = opened(|b| b.half_open_calls(2));
        clock.advance(60 * SECOND);
        let (calls, refusals) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let go = Arc::new(tokio::sync::Barrier::new(1000));
        let done = Arc::new(tokio::sync::Semaphore::new(0));
        let mut tasks = JoinSet::new();
        for _ in 0..1000 {
            let (breaker, go, done) = (breaker.clone(), Arc::clone(&go), Arc::clone(&done));
            let (calls, refusals) = (Arc::clone(&calls), Arc::clone(&refusals));
            tasks.spawn(async move {
                go.wait().await;
                let call = breaker.call(|| async {
                    calls.fetch_add(1, Ordering::SeqCst);
                    drop(done.acquire().await);
                    Ok::<_, ()>(())
                });
                if call.await.is_err() {
                    refusals.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        until("998 refusals", || refusals.load(Ordering::SeqCst) >= 998).await;
        done.add_permits(2);
        tasks.join_all().await;
        assert_eq!((calls.load(Ordering::SeqCst), breaker.state()), (2, State::Closed), "round {round}");
    }
}

#[test]
fn sixty_four_threads_open_it_once() {
    for round in 0..50 {
        let (told, barrier) = (Arc::new(AtomicUsize::new(0)), Barrier::new(64));
        let listener = Arc::clone(&told);
        let breaker = CircuitBreaker::builder("crossed").clock(ManualClock::new().clock()).on_transition(move |_| {
            listener.fetch_add(1, Ordering::SeqCst);
        });
        let breaker = breaker.build().unwrap();
        thread::scope(|scope| {
            for _ in 0..64 {
                scope.spawn(|| {
                    let permit = breaker.try_acquire().unwrap();
                    barrier.wait();
                    permit.failure();
                });
            }
        });
        let snapshot = breaker.snapshot();
        assert_eq!((snapshot.state, snapshot.opened, told.load(Ordering::SeqCst)), (State::Open, 1, 1), "{round}");
        assert_eq!(snapshot.failure_count, 10, "the others are of a time that is over");
    }
}

#[test]
fn no_outcome_is_lost_between_threads() {
    let breaker = CircuitBreaker::builder("all").window(100_000_u32).min_calls(100_000).build().unwrap();
    thread::scope(|scope| {
        for thread in 0..8 {
            let breaker = &breaker;
            scope.spawn(move || {
                for call in 0..5000 {
                    let permit = breaker.try_acquire().unwrap();
                    if (thread + call) % 4 == 0 { permit.failure() } else { permit.success() }
                }
            });
        }
    });
    let snapshot = breaker.snapshot();
    assert_eq!((snapshot.request_count, snapshot.failure_count), (40_000, 10_000));
}
