//! The feed of invalidations: a connection of its own, on which Redis publishes what any process invalidates.
//!
//! Redis sends messages and replies of one connection in order. So once a reply has arrived, every invalidation before
//! its reading of the clock has arrived as well, unless one was lost, which the numbers show.

use std::time::Instant;

use redis::{PushInfo, PushKind, Value};

use super::{
    link::{ConnectFault, RedisConnection},
    store::RedisStore,
    timeline::{EpochId, Reading},
    wire::{message::InvalidationMessage, reply::StateReply},
};
use crate::cache::{store::contract::StoreError, validity::stamp::Stamp};

/// How often a heartbeat is repeated if the epoch changes meanwhile.
const ATTEMPTS: usize = 4;

/// What arrives on the feed.
#[derive(Debug)]
pub(in crate::cache) enum FeedEvent {
    Invalidation(InvalidationMessage),
    /// A message that cannot be read.
    Unreadable,
    /// The connection has ended.
    Ended,
}

/// The connection of a feed.
pub(in crate::cache) struct RedisFeed(RedisConnection);

/// The state of the clock when a heartbeat was answered. Everything before it has been received.
#[derive(Debug, Clone, Copy)]
pub(in crate::cache) struct FeedHeartbeat {
    /// When it was sent.
    pub(in crate::cache) sent: Instant,
    pub(in crate::cache) epoch: EpochId,
    /// The number of the last invalidation in the epoch.
    pub(in crate::cache) number: u64,
    pub(in crate::cache) stamp: Stamp,
}

impl RedisStore {
    /// Subscribes. `receive` is called in order, and before any reply that follows.
    pub(in crate::cache) async fn open_feed(
        &self,
        receive: impl Fn(FeedEvent) + Send + Sync + 'static,
    ) -> Result<RedisFeed, ConnectFault> {
        let on_push = move |push: PushInfo| {
            match (push.kind, push.data.last()) {
                (PushKind::Message, Some(Value::BulkString(bytes))) => {
                    receive(InvalidationMessage::parse(bytes).map_or(FeedEvent::Unreadable, FeedEvent::Invalidation));
                }
                (PushKind::Message, _) => receive(FeedEvent::Unreadable),
                (PushKind::Disconnection, _) => receive(FeedEvent::Ended),
                _ => {}
            }
            Ok::<(), ()>(())
        };
        self.engine.link.subscribe(&self.engine.keys.channel, on_push).await.map(RedisFeed)
    }

    /// Reads the clock on the connection of the feed.
    ///
    /// # Errors
    /// [`StoreError`] if the server does not answer in time, or if requests use another server.
    pub(in crate::cache) async fn beat(&self, feed: &RedisFeed) -> Result<FeedHeartbeat, StoreError> {
        let (engine, RedisFeed(connection)) = (&*self.engine, feed);
        let left = engine.invalidation_budget();
        engine.repeat_missed(&left).await?;
        for _ in 0..ATTEMPTS {
            if !engine.link.may_be_on(&connection.server.run_id) {
                return Err(StoreError::known("requests use another server than the feed"));
            }
            let (known, sent) = (engine.timeline.known(), engine.clock.now());
            let StateReply::State(reading, _) = engine.begin(connection, known, false, &left).await? else { continue };
            if engine.timeline.was_set_back(reading.time, sent) {
                engine.begin(connection, known.in_epoch(reading.epoch), true, &left).await?;
                continue;
            }
            if let Some(stamp) = engine.stamp(connection, known, reading, &left).await? {
                return Ok(FeedHeartbeat { sent, epoch: reading.epoch, number: reading.number, stamp });
            }
        }
        Err(StoreError::known("the cache in Redis began anew again and again"))
    }

    /// The stamp of the number of a message; `None` if its epoch is not the one that is known.
    pub(in crate::cache) fn stamp_of(&self, message: &InvalidationMessage) -> Option<Stamp> {
        let timeline = &self.engine.timeline;
        let known = timeline.known();
        if known.id != Some(message.epoch) {
            return None;
        }
        match timeline.read(known, message.epoch, message.number) {
            Reading::Stamp(stamp) => Some(stamp),
            Reading::Unordered | Reading::Former => None,
        }
    }
}
