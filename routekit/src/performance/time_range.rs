//! The window of a report.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use serde::{Serialize, Serializer, ser::SerializeStruct};

use crate::base::clock::{parse_rfc3339, rfc3339, since_1970};

/// A window of time: from one point in time to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeRange {
    /// As times since 1970.
    from: Duration,
    to: Duration,
}

/// A window that no report can be about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeRangeError {
    parameter: &'static str,
    reason: String,
}

/// How far a window reaches back if it has no beginning.
const DEFAULT: Duration = Duration::from_secs(24 * 3_600);

impl TimeRange {
    /// Creates a window.
    ///
    /// # Errors
    /// If `from` is not before `to`.
    pub fn new(from: SystemTime, to: SystemTime) -> Result<Self, TimeRangeError> {
        Self::of_durations(since_1970(from), since_1970(to))
    }

    /// The same from times since 1970.
    fn of_durations(from: Duration, to: Duration) -> Result<Self, TimeRangeError> {
        if from >= to {
            let reason = format!("{} is not before `to`, which is {}", rfc3339(from), rfc3339(to));
            return Err(TimeRangeError { parameter: "from", reason });
        }
        Ok(Self { from, to })
    }

    pub(super) fn parse(from: Option<&str>, to: Option<&str>, now: Duration) -> Result<Self, TimeRangeError> {
        let time = |parameter, text: &str| {
            let reason =
                "not a point in time such as `2026-12-31T23:59:59Z` (RFC 3339; in a query, `+` is written `%2B`)";
            parse_rfc3339(text).ok_or_else(|| TimeRangeError { parameter, reason: reason.to_owned() })
        };
        let to = to.map_or(Ok(now), |to| time("to", to))?;
        let from = from.map_or(Ok(to.saturating_sub(DEFAULT)), |from| time("from", from))?;
        Self::of_durations(from, to)
    }

    /// The day before `now`.
    pub(super) fn last_day(now: Duration) -> Self {
        Self { from: now.saturating_sub(DEFAULT), to: now }
    }

    /// What a window of the statistics covers.
    pub(super) fn of_window(from: Duration, to: Duration) -> Self {
        Self { from, to }
    }

    /// Fails if the window begins in the future, or before statistics are kept.
    pub(super) fn check(self, now: Duration, retention: Duration) -> Result<Self, TimeRangeError> {
        let first = now.saturating_sub(retention);
        let reason = match () {
            () if self.from > now => format!("{} is in the future", rfc3339(self.from)),
            () if self.from < first => {
                let days = retention.as_secs() / 86_400;
                format!("{} is before {}: statistics are kept for {days} days", rfc3339(self.from), rfc3339(first))
            }
            () => return Ok(self),
        };
        Err(TimeRangeError { parameter: "from", reason })
    }

    /// Returns the beginning.
    #[must_use]
    pub fn from(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + self.from
    }

    /// Returns the end.
    #[must_use]
    pub fn to(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + self.to
    }

    /// The beginning, as the time since 1970.
    pub(super) fn first(self) -> Duration {
        self.from
    }

    /// The end, as the time since 1970.
    pub(super) fn last(self) -> Duration {
        self.to
    }
}

impl Serialize for TimeRange {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut range = serializer.serialize_struct("TimeRange", 2)?;
        range.serialize_field("from", &rfc3339(self.from))?;
        range.serialize_field("to", &rfc3339(self.to))?;
        range.end()
    }
}

impl fmt::Display for TimeRangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the parameter `{}` is invalid: {}", self.parameter, self.reason)
    }
}

impl std::error::Error for TimeRangeError {}
