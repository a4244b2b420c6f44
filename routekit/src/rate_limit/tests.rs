//! The table of keys and the limits of a route, without HTTP around them.

use std::{collections::HashMap, thread, time::Duration};

use proptest::prelude::*;

use super::{gcra::Gcra, key_table::KeyTable};
use crate::{ManualClock, base::property, rate_limit::Limiter};

const SECOND: u64 = 1_000_000_000;

#[test]
fn burst_of_many_threads_is_exact() {
    const BURST: u32 = 10_000;
    // No request comes back within the test, so that exactly the burst passes.
    let gcra = Gcra::new(3600 * SECOND, BURST);
    let table = KeyTable::new(10);
    let passed: u32 = thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| (0..BURST / 4).map(|_| u32::from(table.take(7, 1, &gcra).passes)).sum::<u32>()))
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(passed, BURST);
    let totals = table.totals();
    assert_eq!((totals.passed, totals.exceeded), (u64::from(BURST), u64::from(BURST)));
}

#[test]
fn new_keys_of_many_threads_stay_below_the_maximum() {
    const MAX_KEYS: usize = 1000;
    let gcra = Gcra::new(3600 * SECOND, 1);
    let table = KeyTable::new(MAX_KEYS);
    let passed: usize = thread::scope(|scope| {
        let threads: Vec<_> = (0..8_u64)
            .map(|thread| {
                let (table, gcra) = (&table, &gcra);
                scope.spawn(move || {
                    // Half of the keys are also those of another thread.
                    let keys = (0..1000).map(|key| if key % 2 == 0 { key } else { thread * 1000 + key });
                    keys.filter(|key| table.take(*key, 1, gcra).passes).count()
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    // Each key that is known passes once, and so does the shared quota.
    assert_eq!(table.totals().keys, MAX_KEYS);
    assert_eq!(passed, MAX_KEYS + 1);
}

#[test]
fn flood_of_keys_uses_bounded_memory_and_known_ones_are_served() {
    const MAX_KEYS: usize = 20_000;
    let gcra = Gcra::new(SECOND, 5);
    let table = KeyTable::new(MAX_KEYS);
    let known = u64::MAX;
    assert!(table.take(known, 1, &gcra).passes);
    let new_ones = (0..300_000).filter(|key| table.take(*key, 1, &gcra).passes).count();
    let totals = table.totals();
    assert_eq!(totals.keys, MAX_KEYS);
    assert_eq!(totals.overflowed, 300_001 - MAX_KEYS as u64);
    assert_eq!(new_ones, MAX_KEYS - 1 + 5, "the new ones share one quota");
    assert!(table.bytes() < MAX_KEYS * 40, "{} bytes", table.bytes());
    for left in [3, 2, 1, 0] {
        let decision = table.take(known, 2, &gcra);
        assert_eq!((decision.passes, decision.state.remaining), (true, left));
    }
    assert!(!table.take(known, 2, &gcra).passes);
}

#[test]
fn keys_that_are_idle_make_room_for_new_ones() {
    const MAX_KEYS: u64 = 1000;
    let gcra = Gcra::new(SECOND, 5);
    let table = KeyTable::new(MAX_KEYS as usize);
    for key in 0..MAX_KEYS {
        table.take(key, 0, &gcra);
    }
    table.take(1_000_000, SECOND / 2, &gcra);
    assert_eq!(table.totals().overflowed, 1, "all others are in use");
    let new_ones = || 2_000_000..2_000_000 + MAX_KEYS / 2;
    for key in new_ones() {
        table.take(key, 2 * SECOND, &gcra);
    }
    let totals = table.totals();
    assert!(totals.overflowed <= 1 + MAX_KEYS / 20 && totals.keys <= MAX_KEYS as usize, "{totals:?}");
    let kept = new_ones().filter(|key| table.look(*key, 2 * SECOND, &gcra).remaining == 4).count();
    assert!(kept as u64 >= MAX_KEYS / 2 - MAX_KEYS / 20, "{kept}");
}

#[test]
fn table_shrinks_without_a_sweep() {
    let gcra = Gcra::new(SECOND, 5);
    let table = KeyTable::new(1000);
    for key in 0..900 {
        table.take(key, 0, &gcra);
    }
    for key in 0..900 {
        table.take(1_000_000 + key, (key + 10) * 2 * SECOND, &gcra);
    }
    assert!(table.totals().keys < 400, "{:?}", table.totals());
}

#[test]
fn removal_of_idle_keys_changes_no_decision() {
    let steps = prop::collection::vec((0_u64..40, 0_u64..300_000_000), 1..400);
    property::check(100, &(1_u64..2 * SECOND, 1_u32..5, steps), |(period, burst, steps)| {
        let gcra = Gcra::new(period, burst);
        let (table, mut kept) = (KeyTable::new(100), HashMap::new());
        let mut now = 0;
        for (key, step) in steps {
            now += step;
            let expected = gcra.take(kept.entry(key).or_default(), now);
            prop_assert_eq!(table.take(key, now, &gcra), expected);
        }
        prop_assert!(table.totals().keys <= kept.len());
        Ok(())
    });
}

#[test]
fn keys_beyond_the_maximum_share_one_quota() {
    let gcra = Gcra::new(SECOND, 2);
    let table = KeyTable::new(1);
    assert!(table.take(1, 0, &gcra).passes);
    assert!(table.take(2, 0, &gcra).passes);
    assert_eq!(table.look(3, 0, &gcra).remaining, 1);
    assert!(table.take(3, 0, &gcra).passes);
    assert!(!table.take(4, 0, &gcra).passes);
    assert!(table.take(1, 0, &gcra).passes, "a known key has its own");
    let totals = table.totals();
    assert_eq!((totals.keys, totals.overflowed, totals.passed, totals.exceeded), (1, 3, 4, 1));
}

#[test]
fn limiter_counts_on_its_clock() {
    let clock = ManualClock::new();
    let limiter = Limiter::new("1/s".parse().unwrap(), clock.clock(), 10);
    assert!(limiter.take(1, clock.now()).passes);
    assert!(!limiter.take(1, clock.now()).passes);
    clock.advance(Duration::from_secs(1));
    assert!(limiter.take(1, clock.now()).passes);
    // Time does not move backwards for a limiter, even if a request is late.
    assert!(!limiter.take(1, clock.now() - Duration::from_secs(60)).passes);
    assert!(limiter.take(2, clock.now() - Duration::from_secs(60)).passes);
}
