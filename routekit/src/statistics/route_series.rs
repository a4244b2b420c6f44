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
    /// The time of the last reading that found requests.
    last_request: Option<Duration>,
}

impl RouteSeries {
    pub(super) fn new(identity: RouteIdentity, record: RouteRecord, retention: Duration) -> Self {
        let history = History::new(Arc::clone(record.scale()), retention);
        let history = Mutex::new(HistoryState { history, last_request: None });
        Self { key: identity.key(), identity, record: Arc::new(record), history }
    }

    /// Adds what was counted since the last reading to the history.
    pub(super) fn tick(&self, now: Duration) {
        let mut state = self.history.lock();
        let totals = self.record.take_change().then(|| self.record.read().totals);
        if totals.is_some() {
            state.last_request = Some(now);
        }
        state.history.read(now, totals);
    }

    /// The statistics since the start.
    pub(super) fn statistics(&self, now: Duration, boot: Duration) -> RouteStatistics {
        let RecordReading { totals, extremes } = self.record.read();
        let mut statistics = RouteStatistics::new(&self.identity, &totals, extremes);
        let from = now.saturating_sub(Duration::from_secs(60));
        let seconds = (now - from).as_secs_f64().max(1.0);
        let state = self.history.lock();
        statistics.requests_per_second = state.history.recent_count(from, now) / seconds;
        statistics.last_request = state.last_request.map(|seen| SystemTime::UNIX_EPOCH + boot + seen);
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
