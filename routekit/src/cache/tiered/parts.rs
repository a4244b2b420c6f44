//! What the tasks and the handles of a tiered store share.

use std::{sync::Arc, time::Duration};

use tokio::sync::Notify;

use super::{held_turns::HeldTurns, near::NearTier, trust::FeedTrust, write_behind::WriteBehind};
use crate::{
    base::{
        clock::Clock,
        spawner::{Spawner, sole_task::SoleTask},
    },
    cache::{redis::store::RedisStore, redis_fallback::RedisFallback},
    route::Consistency,
};

/// The state of a tiered store.
pub(super) struct TieredParts {
    pub(super) redis: RedisStore,
    pub(super) near: NearTier,
    pub(super) trust: FeedTrust,
    pub(super) writes: Arc<WriteBehind>,
    pub(super) turns: HeldTurns,
    pub(super) lease: Duration,
    pub(super) fallback: RedisFallback,
    /// That of routes that do not declare one.
    pub(super) consistency: Consistency,
    pub(super) clock: Clock,
    pub(super) spawner: Spawner,
    /// Follows the feed.
    pub(super) following: SoleTask,
    /// Extends the turns.
    pub(super) extending: SoleTask,
    /// Asks for a heartbeat at once.
    pub(super) beat_now: Arc<Notify>,
}
