//! The clock of every measurement, which a test can replace by one that it moves.
//!
//! Durations are monotonic: they do not change when the wall clock is set. The wall clock only labels points in time.

mod timers;

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::{Duration, Instant, SystemTime},
};

use routekit_grammar::calendar::Day;
use serde::{Serialize, Serializer};

use self::timers::Timers;

/// A clock: the system's, or that of a [`ManualClock`].
#[derive(Clone, Default)]
pub struct Clock(Option<Arc<Hands>>);

/// A clock that stands still until a test moves it. Clones share their time. It starts at midnight on 1 January 2030,
/// UTC.
///
/// In an app it moves everything that routekit times: lifetimes in the cache, breakers, tokens, and `timeout`. A
/// `timeout` also expires after its time on tokio's clock, so that no test waits for ever. Timers of handlers, such as
/// `tokio::time::sleep`, run on tokio's clock only.
///
/// ```
/// use std::time::Duration;
/// use routekit::ManualClock;
///
/// let clock = ManualClock::new();
/// let start = clock.now();
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(clock.now() - start, Duration::from_secs(60));
/// ```
///
/// [`clock`](Self::clock) returns it as the [`Clock`] that builders and layers take.
#[derive(Clone)]
pub struct ManualClock(Arc<Hands>);

/// The state of a manual clock.
struct Hands {
    start: Instant,
    elapsed_nanos: AtomicU64,
    /// The wall clock minus the elapsed time.
    wall_offset_nanos: AtomicI64,
    timers: Timers,
}

/// A time limit on a manual clock.
pub(crate) struct ManualTimer {
    hands: Arc<Hands>,
    number: u64,
    /// In nanoseconds since the start of the clock.
    until: u64,
}

/// 2030-01-01T00:00:00Z, in seconds since 1970: a date at which no token of today is valid.
const START: i64 = 1_893_456_000;

impl Clock {
    /// Returns the system's clock.
    #[must_use]
    pub const fn system() -> Self {
        Self(None)
    }

    /// Returns the current time.
    #[must_use]
    pub fn now(&self) -> Instant {
        match &self.0 {
            #[expect(clippy::disallowed_methods, reason = "the one place that asks the system")]
            None => Instant::now(),
            Some(hands) => hands.now(),
        }
    }

    /// Returns the wall clock, as the time since 1970 without leap seconds.
    #[must_use]
    pub fn unix_time(&self) -> Duration {
        match &self.0 {
            #[expect(clippy::disallowed_methods, reason = "the one place that asks the system")]
            None => SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default(),
            Some(hands) => hands.unix_time(),
        }
    }
}

impl Clock {
    /// Whether a test moves this clock.
    pub(crate) fn is_manual(&self) -> bool {
        self.0.is_some()
    }

    /// Returns a timer that expires after `limit`. `None` for the system's clock.
    pub(crate) fn timer(&self, limit: Duration) -> Option<ManualTimer> {
        let hands = Arc::clone(self.0.as_ref()?);
        let until = hands.elapsed().saturating_add(u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX));
        Some(ManualTimer { number: hands.timers.number(), hands, until })
    }
}

impl ManualTimer {
    pub(crate) fn poll(&self, cx: &Context<'_>) -> Poll<()> {
        self.hands.timers.poll(self.number, self.until, cx.waker(), || self.hands.elapsed())
    }
}

impl Drop for ManualTimer {
    fn drop(&mut self) {
        self.hands.timers.remove(self.number);
    }
}

impl ManualClock {
    /// Creates a clock whose wall clock starts in 2030.
    #[must_use]
    pub fn new() -> Self {
        let start = Clock::system().now();
        let (elapsed_nanos, wall_offset_nanos) = (AtomicU64::new(0), AtomicI64::new(START * 1_000_000_000));
        Self(Arc::new(Hands { start, elapsed_nanos, wall_offset_nanos, timers: Timers::default() }))
    }

    /// Returns this clock as a [`Clock`].
    #[must_use]
    pub fn clock(&self) -> Clock {
        Clock(Some(Arc::clone(&self.0)))
    }

    /// Returns the current time.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.0.now()
    }

    /// Returns the wall clock, as the time since 1970 without leap seconds.
    #[must_use]
    pub fn unix_time(&self) -> Duration {
        self.0.unix_time()
    }

    /// Moves the clock forward, and wakes every request whose `timeout` has expired.
    ///
    /// # Panics
    /// If the clock moves by more than 500 years.
    pub fn advance(&self, by: Duration) {
        let nanos = u64::try_from(by.as_nanos()).expect("a test moves time by less than 500 years");
        self.0.elapsed_nanos.fetch_add(nanos, Ordering::SeqCst);
        self.0.timers.wake(|| self.0.elapsed());
    }

    /// Sets the wall clock, like an operator who sets the time of a machine. [`now`](Self::now) does not change.
    ///
    /// # Panics
    /// If `time` is after the year 2262.
    pub fn set_unix_time(&self, time: Duration) {
        let nanos = |time: Duration| i64::try_from(time.as_nanos()).expect("a test is before the year 2262");
        let elapsed = Duration::from_nanos(self.0.elapsed());
        self.0.wall_offset_nanos.store(nanos(time) - nanos(elapsed), Ordering::SeqCst);
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

impl From<ManualClock> for Clock {
    fn from(clock: ManualClock) -> Self {
        clock.clock()
    }
}

impl Hands {
    fn elapsed(&self) -> u64 {
        self.elapsed_nanos.load(Ordering::SeqCst)
    }

    fn now(&self) -> Instant {
        self.start + Duration::from_nanos(self.elapsed())
    }

    fn unix_time(&self) -> Duration {
        let elapsed = self.elapsed();
        let offset = self.wall_offset_nanos.load(Ordering::SeqCst);
        Duration::from_nanos(elapsed.saturating_add_signed(offset))
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Clock(manual)" } else { "Clock(system)" })
    }
}

impl fmt::Debug for ManualTimer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ManualTimer").field("until", &Duration::from_nanos(self.until)).finish_non_exhaustive()
    }
}

impl fmt::Debug for ManualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ManualClock").field("unix_time", &self.unix_time()).finish()
    }
}

/// A point in time in the format of RFC 3339, in UTC and to the millisecond.
pub(crate) fn rfc3339(since_1970: Duration) -> String {
    let (days, seconds) = (since_1970.as_secs() / 86_400, since_1970.as_secs() % 86_400);
    let day = Day::from_days_since_1970(i64::try_from(days).unwrap_or(i64::MAX));
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let milliseconds = since_1970.subsec_millis();
    format!("{day}T{hour:02}:{minute:02}:{second:02}.{milliseconds:03}Z")
}

/// Serialises a point in time in the format of RFC 3339.
pub(crate) fn serialize_time<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&rfc3339(since_1970(*time)))
}

/// Serialises a point in time in the format of RFC 3339, or nothing.
#[expect(clippy::ref_option, reason = "serde passes a reference")]
pub(crate) fn serialize_time_option<S: Serializer>(
    time: &Option<SystemTime>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    time.map(|time| rfc3339(since_1970(time))).serialize(serializer)
}

/// The time since 1970, which is zero for earlier times.
pub(crate) fn since_1970(time: SystemTime) -> Duration {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

/// Parses a point in time in the format of RFC 3339, as the time since 1970. `None` for other text and for times before
/// 1970.
pub(crate) fn parse_rfc3339(text: &str) -> Option<Duration> {
    let (day, rest) = (Day::parse(text.get(..10)?)?, text.get(10..)?.strip_prefix(['T', 't', ' '])?);
    let (time, offset) = match rest.strip_suffix(['Z', 'z']) {
        Some(time) => (time, 0),
        None => {
            let (time, offset) = rest.split_at_checked(rest.len().checked_sub(6)?)?;
            let minutes = two_digits(offset.get(1..3)?, 23)? * 60 + two_digits(offset.get(4..)?, 59)?;
            match (offset.get(..1)?, offset.get(3..4)?) {
                ("+", ":") => (time, minutes),
                ("-", ":") => (time, -minutes),
                _ => return None,
            }
        }
    };
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let mut parts = time.split(':');
    let (hour, minute, second) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // 60 is a leap second, which counts as the first second of the next minute.
    let minutes = two_digits(hour, 23)? * 60 + two_digits(minute, 59)? - offset;
    let seconds = day.unix_seconds() + minutes * 60 + two_digits(second, 60)?;
    let nanos: String = fraction.chars().chain("000000000".chars()).take(9).collect();
    Some(Duration::new(u64::try_from(seconds).ok()?, nanos.parse().ok()?))
}

fn two_digits(text: &str, max: i64) -> Option<i64> {
    let is_number = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| is_number && *number <= max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manual_clock_starts_in_2030() {
        assert_eq!(rfc3339(ManualClock::new().unix_time()), "2030-01-01T00:00:00.000Z");
    }

    #[test]
    fn rfc3339_has_the_calendar_date() {
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00.250Z"),
            (951_782_399, "2000-02-28T23:59:59.250Z"),
            (951_782_400, "2000-02-29T00:00:00.250Z"),
            (951_868_800, "2000-03-01T00:00:00.250Z"),
            (1_735_689_599, "2024-12-31T23:59:59.250Z"),
            (1_735_689_600, "2025-01-01T00:00:00.250Z"),
            (4_107_542_400, "2100-03-01T00:00:00.250Z"),
            (253_402_300_799, "9999-12-31T23:59:59.250Z"),
        ] {
            assert_eq!(rfc3339(Duration::from_millis(seconds * 1000 + 250)), expected, "{seconds}");
        }
    }
    #[test]
    fn rfc3339_is_parsed_with_any_offset() {
        for (text, millis) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T00:00:00.25Z", 951_782_400_250),
            ("2000-02-29t01:30:00.250999+01:30", 951_782_400_250),
            ("2000-02-28 22:00:00-02:00", 951_782_400_000),
            ("1999-12-31T23:59:60Z", 946_684_800_000),
        ] {
            let parsed = parse_rfc3339(text).map(|time| time.as_millis());
            assert_eq!(parsed, Some(millis), "{text}");
        }
        for text in [
            "",
            "2000-02-30T00:00:00Z",
            "2000-02-29",
            "2000-02-29T00:00:00",
            "2000-02-29T24:00:00Z",
            "2000-02-29T00:00Z",
            "2000-02-29T00:00:00.Z",
            "2000-02-29T00:00:00+0100",
            "1969-12-31T23:59:59Z",
            "2000-02-29T+1:00:00Z",
            "2000-02-29T00:00:00é00:00",
            "2000-02-29T00:00:00 01:00",
            "20é0-02-29T00:00:00Z",
        ] {
            assert_eq!(parse_rfc3339(text), None, "{text}");
        }
    }
}
