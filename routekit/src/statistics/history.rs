//! What was added to the record of a route, by time.

use std::{sync::Arc, time::Duration};

use super::{
    compact::CompactTotals,
    slots::{Slot, Slots},
};
use crate::recording::{BucketScale, RequestTotals};

/// How long slots of five seconds are kept, and then slots of a minute.
const RECENT: Duration = Duration::from_secs(10 * 60);
const MINUTES: Duration = Duration::from_secs(3 * 3_600);

/// The requests of a route by time. All times count from the start of the app.
#[derive(Debug)]
pub(super) struct History {
    scale: Arc<BucketScale>,
    /// The totals at the last reading, and its time. `None` as long as there was no request.
    last: Option<RequestTotals>,
    read_at: Duration,
    seconds: Slots,
    minutes: Slots,
    hours: Slots,
    retention: Duration,
}

/// The requests of a window.
#[derive(Debug)]
pub(super) struct HistoryWindow {
    pub(super) totals: RequestTotals,
    /// The slots that were added up begin and end here. `None` without requests.
    pub(super) covers: Option<(Duration, Duration)>,
}

impl History {
    pub(super) fn new(scale: Arc<BucketScale>, retention: Duration) -> Self {
        Self {
            scale,
            last: None,
            read_at: Duration::ZERO,
            seconds: Slots::of_seconds(5),
            minutes: Slots::of_seconds(60),
            hours: Slots::of_seconds(3_600),
            retention,
        }
    }

    /// Adds what was counted since the last reading. `totals` is `None` if the record has not changed since.
    pub(super) fn read(&mut self, now: Duration, totals: Option<RequestTotals>) {
        // Two readers may come in another order than they looked at the clock.
        let now = now.max(self.read_at);
        if let Some(totals) = totals {
            let added = match &self.last {
                Some(last) => totals.since(last),
                None => totals.clone(),
            };
            self.last = Some(totals);
            if added.count() > 0 {
                let slot = Slot { from: self.read_at, to: now, requests: CompactTotals::new(&added) };
                self.seconds.push(slot, &self.scale);
            }
        }
        self.read_at = now;
        while let Some(slot) = self.seconds.pop_before(now.saturating_sub(RECENT)) {
            self.minutes.push(slot, &self.scale);
        }
        while let Some(slot) = self.minutes.pop_before(now.saturating_sub(MINUTES)) {
            self.hours.push(slot, &self.scale);
        }
        while self.hours.pop_before(now.saturating_sub(self.retention)).is_some() {}
    }

    /// The sum of the slots that the window touches.
    pub(super) fn window(&self, from: Duration, to: Duration) -> HistoryWindow {
        let mut totals = RequestTotals::new(Arc::clone(&self.scale));
        let mut covers: Option<(Duration, Duration)> = None;
        for slot in [&self.hours, &self.minutes, &self.seconds].into_iter().flat_map(|slots| slots.within(from, to)) {
            slot.add_to(&mut totals);
            covers = Some((covers.map_or(slot.from, |(from, _)| from), slot.to));
        }
        HistoryWindow { totals, covers }
    }

    /// The number of requests between two times of the last minutes. Not `sum`, which is -0.0 for nothing.
    pub(super) fn recent_count(&self, from: Duration, to: Duration) -> f64 {
        self.seconds.within(from, to).map(|slot| slot.share(from, to)).fold(0.0, |sum, share| sum + share)
    }

    /// The end of each slot of the last ten minutes, its requests, and those that the server failed.
    pub(super) fn recent(&self) -> impl Iterator<Item = (Duration, u64, u64)> {
        self.seconds.within(Duration::ZERO, Duration::MAX).map(|slot| {
            let mut totals = RequestTotals::new(Arc::clone(&self.scale));
            slot.add_to(&mut totals);
            (slot.to, totals.count(), totals.count_of(|outcome| outcome.is_server_failure()))
        })
    }

    /// The bytes that the history takes.
    #[cfg(test)]
    pub(super) fn size(&self) -> usize {
        let last = self.last.as_ref().map_or(0, |last| size_of_val(&*last.buckets));
        size_of::<Self>() + last + self.seconds.size() + self.minutes.size() + self.hours.size()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::RequestOutcome;

    const OK: RequestOutcome = RequestOutcome::from_bits(200 * 16);
    const HOUR: u64 = 3_600;
    const RETENTION: Duration = Duration::from_secs(30 * 24 * HOUR);

    /// A route whose requests are added by hand.
    struct Route {
        history: History,
        totals: RequestTotals,
        /// Each request, as the second in which it ended and its bucket.
        log: Vec<(u64, usize)>,
    }

    impl Route {
        fn new() -> Self {
            let scale = Arc::new(BucketScale::new(&[0.005, 0.01]));
            let totals = RequestTotals::new(Arc::clone(&scale));
            Self { history: History::new(scale, RETENTION), totals, log: Vec::new() }
        }

        fn request(&mut self, second: u64, bucket: usize) {
            self.totals.buckets[bucket] += 1;
            self.totals.nanos += 1_000;
            self.totals.add_outcome(OK, 1);
            self.log.push((second, bucket));
        }

        fn read(&mut self, second: u64) {
            self.history.read(Duration::from_secs(second), Some(self.totals.clone()));
        }

        /// The log of the requests that ended after `from` and until `to`, as totals.
        fn exact(&self, from: u64, to: u64) -> RequestTotals {
            let mut exact = RequestTotals::new(Arc::clone(self.totals.scale()));
            for (_, bucket) in self.log.iter().filter(|(second, _)| (from + 1..=to).contains(second)) {
                exact.buckets[*bucket] += 1;
                exact.nanos += 1_000;
                exact.add_outcome(OK, 1);
            }
            exact
        }
    }

    #[test]
    fn window_is_what_an_exact_log_of_the_same_requests_gives() {
        let mut route = Route::new();
        let mut random = fastrand::Rng::with_seed(18);
        for second in 1..=30 * HOUR {
            let busy = second / 600 % 2 == 0 || second > 29 * HOUR;
            for _ in 0..if busy { random.usize(0..3) } else { 0 } {
                route.request(second, random.usize(150..400));
            }
            // Readings come late and early.
            if second % 5 == 0 || random.u8(0..10) == 0 {
                route.read(second);
            }
        }
        let end = 30 * HOUR;
        let last_minute = end - 60;
        for (from, to) in [
            (0, end),
            (last_minute, end),
            (end - 600, end - 300),
            (end - 2 * HOUR, end - HOUR),
            (end - 3 * HOUR, end),
            (5 * HOUR, 6 * HOUR),
            (HOUR, 26 * HOUR),
        ] {
            let window = route.history.window(Duration::from_secs(from), Duration::from_secs(to));
            let (first, last) = window.covers.expect("requests in every window");
            assert_eq!(window.totals, route.exact(first.as_secs(), last.as_secs()), "{from} to {to}");
            let slot = if from < end - 3 * HOUR {
                HOUR
            } else if from < end - 600 {
                60
            } else {
                5
            };
            let (first, last) = (first.as_secs(), last.as_secs());
            assert!(first + slot > from && last < to + slot, "{from} to {to} is {first} to {last}");
        }
        let minute = route.exact(last_minute, end).count();
        let estimate = route.history.recent_count(Duration::from_secs(last_minute), Duration::from_secs(end));
        assert!((estimate - minute as f64).abs() < 4.0, "{estimate} of {minute}");
    }

    #[test]
    fn thirty_days_of_a_busy_route_keep_their_size() {
        let mut route = Route::new();
        let mut random = fastrand::Rng::with_seed(30);
        let mut after_thirty_days = 0;
        // Durations over nine powers of two: from 4 to 2,000 ms, say.
        for minute in 1..=40 * 24 * 60 {
            for _ in 0..20 {
                route.totals.buckets[random.usize(250..394)] += 1;
                route.totals.nanos += 1_000;
                route.totals.add_outcome(OK, 1);
            }
            route.read(minute * 60);
            if minute == 24 * 60 {
                assert!(route.history.size() < 100_000, "a day: {}", route.history.size());
            }
            if minute == 31 * 24 * 60 {
                after_thirty_days = route.history.size();
            }
        }
        let size = route.history.size();
        assert!(size < 450_000, "{size}");
        assert!(size.abs_diff(after_thirty_days) < size / 20, "{after_thirty_days}, then {size}");
    }

    #[test]
    fn route_without_requests_keeps_nothing() {
        let mut route = Route::new();
        route.request(1, 300);
        for minute in 1..=31 * 24 * 60 {
            route.history.read(Duration::from_secs(minute * 60), (minute == 1).then(|| route.totals.clone()));
        }
        assert!(route.history.window(Duration::ZERO, Duration::MAX).covers.is_none());
        assert!(route.history.size() < 6_000, "{}", route.history.size());
    }
}
