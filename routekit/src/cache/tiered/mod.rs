//! Memory in front of Redis.
//!
//! 1. `store` looks up in memory, then in Redis, and stores in both.
//! 2. `near` is the memory: an embedded store whose entries are stamped by the clock of Redis.
//! 3. `feed` receives the invalidations of all processes, and sends heartbeats. `trust` decides from both whether
//!    memory may answer.
//! 4. `write_behind` writes to Redis without a request that waits for it.
//! 5. `turn` lets one process at a time fill a key.
//!
//! **Staleness.** A heartbeat that was sent at a time `t` and answered proves that every invalidation before `t` has
//! been received, because Redis sends messages and replies of one connection in order. Memory answers until `t` plus
//! the lease. So as long as Redis can be reached, a hit is never older than an invalidation that returned more than a
//! lease before.
//!
//! **Gaps.** Each message has the number of the one before it, and each heartbeat that of the last one. If one is
//! missing, everything in memory that was stamped before becomes a miss.
//!
//! **Refills.** An entry that is read from Redis is stamped with the reading at which Redis found it valid, so that an
//! invalidation that arrives later covers it, and one that arrived before does not.
//!
//! **Redis away.** With [`RedisFallback::Memory`](super::redis_fallback::RedisFallback), memory answers for 30 seconds,
//! and takes what handlers return. It is stamped with the latest reading that is known, so that no invalidation in
//! between is missed later.

pub(in crate::cache) mod builder;
pub(in crate::cache) mod store;
pub(in crate::cache) mod turn;

mod feed;
mod held_turns;
mod near;
mod parts;
mod trust;
mod write_behind;
