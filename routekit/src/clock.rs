//! The clock everything here asks, so that tests can move time by hand.
//!
//! Durations are monotonic: setting the wall clock changes none. The wall clock is for labels only.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

/// A clock: the system's, or one that a test moves.
///
/// ```
/// use std::time::Duration;
/// use routekit::Clock;
///
/// let clock = Clock::manual();
/// let start = clock.now();
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(clock.now() - start, Duration::from_secs(60));
/// ```
#[derive(Clone, Default)]
pub struct Clock(Option<Arc<Manual>>);

struct Manual {
    start: Instant,
    elapsed_nanos: AtomicU64,
    /// By how much the wall clock was set.
    wall_offset_nanos: AtomicI64,
}

impl Clock {
    /// The system's monotonic clock.
    #[must_use]
    pub const fn system() -> Self {
        Self(None)
    }

    /// A clock that stands still until [`advance`](Self::advance) moves it; clones move together.
    #[must_use]
    pub fn manual() -> Self {
        let start = Self::system().now();
        let (elapsed_nanos, wall_offset_nanos) = (AtomicU64::new(0), AtomicI64::new(0));
        Self(Some(Arc::new(Manual { start, elapsed_nanos, wall_offset_nanos })))
    }

    /// What time it is.
    #[must_use]
    pub fn now(&self) -> Instant {
        match &self.0 {
            #[expect(clippy::disallowed_methods, reason = "the one place that asks the system")]
            None => Instant::now(),
            Some(manual) => manual.start + Duration::from_nanos(manual.elapsed_nanos.load(Ordering::SeqCst)),
        }
    }

    /// The wall clock, as the time since 1970 without leap seconds; a manual clock starts there.
    #[must_use]
    pub fn unix_time(&self) -> Duration {
        match &self.0 {
            #[expect(clippy::disallowed_methods, reason = "the one place that asks the system")]
            None => SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default(),
            Some(manual) => {
                let elapsed = manual.elapsed_nanos.load(Ordering::SeqCst);
                let offset = manual.wall_offset_nanos.load(Ordering::SeqCst);
                Duration::from_nanos(elapsed.saturating_add_signed(offset))
            }
        }
    }

    /// Moves a manual clock forward.
    ///
    /// # Panics
    /// On the system's clock, which nobody moves.
    pub fn advance(&self, by: Duration) {
        let manual = self.0.as_ref().expect("only a manual clock can be moved");
        let nanos = u64::try_from(by.as_nanos()).expect("a test moves time by less than 500 years");
        manual.elapsed_nanos.fetch_add(nanos, Ordering::SeqCst);
    }

    /// Sets the wall clock of a manual clock, as an operator may set a machine's: [`now`](Self::now) does not move.
    ///
    /// # Panics
    /// On the system's clock, which nobody sets here.
    pub fn set_unix_time(&self, time: Duration) {
        let manual = self.0.as_ref().expect("only a manual clock can be set");
        let nanos = |time: Duration| i64::try_from(time.as_nanos()).expect("a test is before the year 2262");
        let elapsed = Duration::from_nanos(manual.elapsed_nanos.load(Ordering::SeqCst));
        manual.wall_offset_nanos.store(nanos(time) - nanos(elapsed), Ordering::SeqCst);
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Clock(manual)" } else { "Clock(system)" })
    }
}
