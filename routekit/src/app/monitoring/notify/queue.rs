//! The changes that wait for a hook or for the webhook.

use std::sync::Arc;

use tokio::{
    sync::mpsc::{self, Receiver, Sender},
    task::JoinSet,
};

use super::{hook::AlertHook, webhook::Webhook};
use crate::{
    alerts::AlertChange,
    base::clock::Clock,
    metrics::{AlertMetrics, NotificationSeries},
};

/// The number of changes that may wait for one sink: enough for three alerts of a thousand routes, which are found in
/// one tick. Further ones are dropped. A full queue holds about 3 MiB.
const MAX_WAITING: usize = 4096;

/// A receiver of changes, with the series that count what becomes of them.
pub(in crate::app::monitoring) struct AlertSink {
    kind: SinkKind,
    series: NotificationSeries,
}

enum SinkKind {
    Hook(AlertHook, Clock),
    Webhook(Webhook),
}

/// The sending half of a sink's queue.
pub(in crate::app::monitoring) struct SinkQueue {
    sink: Arc<AlertSink>,
    changes: Sender<AlertChange>,
}

impl AlertSink {
    pub(in crate::app::monitoring) fn hook(hook: AlertHook, clock: Clock, metrics: &AlertMetrics) -> Self {
        Self { kind: SinkKind::Hook(hook, clock), series: metrics.notifications("hook") }
    }

    pub(in crate::app::monitoring) fn webhook(webhook: Webhook, metrics: &AlertMetrics) -> Self {
        Self { kind: SinkKind::Webhook(webhook), series: metrics.notifications("webhook") }
    }

    /// Starts the task that delivers changes.
    pub(in crate::app::monitoring) fn start(self: &Arc<Self>, tasks: &mut JoinSet<()>) -> SinkQueue {
        let (changes, waiting) = mpsc::channel(MAX_WAITING);
        tasks.spawn(Arc::clone(self).deliver_all(waiting));
        SinkQueue { sink: Arc::clone(self), changes }
    }

    async fn deliver_all(self: Arc<Self>, mut waiting: Receiver<AlertChange>) {
        while let Some(change) = waiting.recv().await {
            let (id, event) = (change.alert.id.clone(), change.event);
            let delivered = match &self.kind {
                SinkKind::Hook(hook, clock) => hook.call(change, clock).await,
                SinkKind::Webhook(webhook) => webhook.send(&change, &self.series.retried).await,
            };
            match delivered {
                Ok(()) => self.series.delivered.increment(1),
                Err(reason) => {
                    self.series.failed.increment(1);
                    self.log(&id, event.as_str(), &reason);
                }
            }
        }
    }

    fn log(&self, id: &str, event: &str, reason: &str) {
        let sink = self.name();
        tracing::error!(target: "routekit::alerts", id, event, reason, "an alert could not be delivered to {sink}");
    }

    fn name(&self) -> &'static str {
        match self.kind {
            SinkKind::Hook(..) => "an `on_alert` hook",
            SinkKind::Webhook(_) => "the webhook",
        }
    }
}

impl SinkQueue {
    /// Adds the changes for which there is room. The others are counted, and are one line of the log.
    pub(in crate::app::monitoring) fn add(&self, changes: &[AlertChange]) {
        let dropped = changes.iter().filter(|change| self.changes.try_send((*change).clone()).is_err()).count();
        if dropped > 0 {
            self.sink.series.dropped.increment(dropped as u64);
            let sink = self.sink.name();
            tracing::error!(target: "routekit::alerts", dropped, "alerts were lost: the queue of {sink} is full");
        }
    }
}
