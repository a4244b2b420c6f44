//! The task that follows the invalidations of all processes.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use super::{parts::TieredParts, store::TieredStore};
use crate::{
    base::{clock::Clock, printable::Chain, spawner::sole_task::RunningTask},
    cache::redis::feed::{FeedEvent, FeedHeartbeat, RedisFeed},
    deadline::{pause, within},
};

/// How many heartbeats are sent during a lease.
const BEATS: u32 = 4;

/// How long an attempt waits for a connection.
const ATTEMPT: Duration = Duration::from_secs(2);

/// The pauses between attempts.
const PAUSES: std::ops::RangeInclusive<Duration> = Duration::from_millis(20)..=Duration::from_secs(1);

impl TieredStore {
    /// Starts to follow, unless that was done before, or nothing is kept in memory.
    pub(super) fn follow(&self) {
        let parts = &self.parts;
        // Each lookup asks, so that the next one starts another task if the runtime of the first one has ended.
        if !parts.lease.is_zero() && !parts.following.runs() {
            parts.following.start(&parts.spawner, |running| follow(Arc::downgrade(parts), running));
        }
    }
}

async fn follow(store: Weak<TieredParts>, _running: RunningTask) {
    let mut wait = *PAUSES.start();
    let mut is_refused = false;
    // A store that is dropped follows nothing.
    while let Some(parts) = store.upgrade() {
        // The connection of requests is retried, and logged, by itself.
        if parts.redis.connect(ATTEMPT).await.is_ok() {
            let weak = Weak::clone(&store);
            let receive = move |event| {
                if let Some(parts) = weak.upgrade() {
                    parts.receive(event);
                }
            };
            match parts.redis.open_feed(receive).await {
                Ok(feed) => {
                    drop(parts);
                    if beat_until_lost(&store, &feed, &mut is_refused).await {
                        wait = *PAUSES.start();
                    }
                }
                Err(fault) if !is_refused && parts.redis.is_connected() => {
                    is_refused = true;
                    let (server, reason) = (parts.redis.server(), fault.reason);
                    tracing::warn!(server, reason, "invalidations are not received: each request asks Redis");
                }
                Err(_) => {}
            }
        }
        pause(wait.mul_f64(0.5 + 0.5 * fastrand::f64()), &Clock::system()).await;
        wait = (wait * 2).min(*PAUSES.end());
    }
}

/// Returns whether a heartbeat was answered.
async fn beat_until_lost(parts: &Weak<TieredParts>, feed: &RedisFeed, is_refused: &mut bool) -> bool {
    let mut was_answered = false;
    while let Some(parts) = parts.upgrade() {
        match parts.redis.beat(feed).await {
            Ok(heartbeat) => parts.confirm(heartbeat),
            Err(error) => {
                tracing::debug!(error = %Chain(&error), "the feed of invalidations is lost");
                return was_answered;
            }
        }
        was_answered = true;
        if std::mem::take(is_refused) {
            tracing::info!("invalidations are received from Redis again");
        }
        let (beat_now, pause) = (Arc::clone(&parts.beat_now), parts.lease / BEATS);
        // A store that is dropped meanwhile is not kept.
        drop(parts);
        within(pause, beat_now.notified()).await;
    }
    was_answered
}

impl TieredParts {
    fn receive(&self, event: FeedEvent) {
        let FeedEvent::Invalidation(message) = event else {
            if matches!(event, FeedEvent::Unreadable) {
                self.trust.lose();
            }
            self.beat_now.notify_one();
            return;
        };
        self.trust.receive(message.epoch, (message.number, message.before), |is_gap| {
            let Some(number) = self.redis.stamp_of(&message) else {
                self.beat_now.notify_one();
                return None;
            };
            if is_gap {
                self.near.empty_before(number);
            } else {
                self.near.record(&message, number);
            }
            Some(number)
        });
    }

    fn confirm(&self, heartbeat: FeedHeartbeat) {
        self.trust.confirm(heartbeat, || self.near.empty_before(heartbeat.stamp));
    }
}
