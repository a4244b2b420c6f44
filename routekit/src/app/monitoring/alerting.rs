//! The evaluation of alerts: a tick in the background, and the ways by which operators learn of its result.

use std::{sync::Arc, time::Duration};

use metrics::{Counter, Gauge};
use tokio::task::JoinSet;

use super::{
    figures::FigureSources,
    notify::{AlertHook, AlertSink, SinkQueue, Webhook},
    tick::tick,
};
use crate::{
    alerts::{Alert, AlertChange, AlertEvent, AlertKind, Alerts, Severity, log_change},
    base::clock::Clock,
    config::Config,
    deadline::pause,
    metrics::AlertMetrics,
};

/// Evaluates the alerts of an app, and reports their changes.
pub(in crate::app) struct AlertMonitor {
    alerts: Alerts,
    interval: Duration,
    clock: Clock,
    sources: FigureSources,
    series: AlertSeries,
    sinks: Vec<Arc<AlertSink>>,
}

/// The series of the alerts themselves.
struct AlertSeries {
    active: Vec<(AlertKind, Severity, Gauge)>,
    raised: Vec<(AlertKind, Counter)>,
}

impl AlertMonitor {
    /// Registers all series.
    pub(in crate::app) fn new(
        alerts: Alerts,
        config: &Config,
        clock: &Clock,
        sources: FigureSources,
        (hooks, metrics): (Vec<AlertHook>, &AlertMetrics),
    ) -> Arc<Self> {
        // Its URL was checked with the configuration.
        let webhook = config.webhook().and_then(Result::ok).map(|target| Webhook::new(target, clock.clone()));
        let sinks = hooks.into_iter().map(|hook| AlertSink::hook(hook, clock.clone(), metrics));
        let sinks = sinks.chain(webhook.map(|webhook| AlertSink::webhook(webhook, metrics))).map(Arc::new);
        Arc::new(Self {
            alerts,
            interval: *config.alerts_interval,
            clock: clock.clone(),
            sources,
            series: AlertSeries::new(metrics),
            sinks: sinks.collect(),
        })
    }

    /// Evaluates again and again. When it is dropped, so are the reports that wait.
    pub(in crate::app) async fn run(self: Arc<Self>) {
        self.alerts.ticks_begin();
        let mut deliveries = JoinSet::new();
        let queues: Vec<SinkQueue> = self.sinks.iter().map(|sink| sink.start(&mut deliveries)).collect();
        loop {
            pause(self.interval, &self.clock).await;
            if !self.alerts.is_running() {
                continue;
            }
            tick("alerts", self.evaluate(&queues)).await;
        }
    }

    async fn evaluate(&self, queues: &[SinkQueue]) {
        let figures = self.sources.collect().await;
        let changes = self.alerts.evaluate(&figures);
        self.series.update(&self.alerts.active(), &changes);
        changes.iter().for_each(log_change);
        queues.iter().for_each(|queue| queue.add(&changes));
    }
}

impl AlertSeries {
    fn new(metrics: &AlertMetrics) -> Self {
        let active = |kind: AlertKind| {
            Severity::USED.map(|severity| (kind, severity, metrics.active(kind.as_str(), severity.as_str())))
        };
        Self {
            active: AlertKind::ALL.into_iter().flat_map(active).collect(),
            raised: AlertKind::ALL.map(|kind| (kind, metrics.raised(kind.as_str()))).into(),
        }
    }

    fn update(&self, active: &[Alert], changes: &[AlertChange]) {
        for (kind, severity, gauge) in &self.active {
            let count = active.iter().filter(|alert| alert.kind == *kind && alert.severity == *severity).count();
            gauge.set(u32::try_from(count).unwrap_or(u32::MAX));
        }
        for change in changes.iter().filter(|change| change.event == AlertEvent::Raised) {
            for (_, counter) in self.raised.iter().filter(|(kind, _)| *kind == change.alert.kind) {
                counter.increment(1);
            }
        }
    }
}
