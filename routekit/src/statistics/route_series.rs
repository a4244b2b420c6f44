//! One route, with its record and its history.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use parking_lot::Mutex;

use super::{
    history::{History, HistoryWindow},
    route_identity::RouteIdentity,
    route_statistics::RouteStatistics,
};
use crate::recording::{RecordReading, RouteRecord};

/// The statistics of a route. All times count from the start of the app.
#[derive(Debug)]
pub(super) struct RouteSeries {
    pub(super) identity: RouteIdentity,
    pub(super) key: String,
    pub(super) record: Arc<RouteRecord>,
    history: Mutex<HistoryState>,
}

#[derive(Debug)]
struct HistoryState {
    history: History,
    /// The end of the last request at the last reading: the record has not changed as long as this has not.
    last_end: Option<Duration>,
}

impl RouteSeries {
    pub(super) fn new(identity: RouteIdentity, record: RouteRecord, retention: Duration) -> Self {
        let history = History::new(Arc::clone(record.scale()), retention);
        let history = Mutex::new(HistoryState { history, last_end: None });
        Self { key: identity.key(), identity, record: Arc::new(record), history }
    }

    /// Adds what was counted since the last reading to the history.
    pub(super) fn tick(&self, now: Duration) {
        let last_end = self.record.last_end();
        let mut state = self.history.lock();
        let totals = (state.last_end != last_end).then(|| self.record.read().totals);
        state.last_end = last_end;
        state.history.read(now, totals);
    }

    /// The statistics since the start.
    pub(super) fn statistics(&self, now: Duration, boot: Duration) -> RouteStatistics {
        let RecordReading { totals, extremes, last_end } = self.record.read();
        let mut statistics = RouteStatistics::new(&self.identity, &totals, extremes);
        let from = now.saturating_sub(Duration::from_secs(60));
        let seconds = (now - from).as_secs_f64().max(1.0);
        statistics.requests_per_second = self.history.lock().history.recent_count(from, now) / seconds;
        statistics.last_request = last_end.map(|end| SystemTime::UNIX_EPOCH + boot + end);
        statistics
    }

    /// The requests and failures of the last ten minutes. Times are milliseconds since 1970.
    pub(super) fn recent(&self, boot: Duration) -> Vec<(u64, u64, u64)> {
        let millis = |time: Duration| u64::try_from((boot + time).as_millis()).unwrap_or(u64::MAX);
        let state = self.history.lock();
        state.history.recent().map(|(end, requests, failures)| (millis(end), requests, failures)).collect()
    }

    /// The requests of a window.
    pub(super) fn window(&self, from: Duration, to: Duration) -> HistoryWindow {
        self.history.lock().history.window(from, to)
    }
}
