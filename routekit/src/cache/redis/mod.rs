//! A store in Redis or Valkey, which any number of programs share.
//!
//! 1. `link/` keeps one connection, opens it in the background, and lets requests skip Redis while it is broken. In a
//!    cluster, it leads to the node that has the slot of the keys.
//! 2. `scripts/` is what Redis runs, each script atomically: `check` decides whether an entry is valid, `invalidate`
//!    records an invalidation, `begin` begins an epoch, two scripts are the claims, two the turns,
//!    `limit` is the rate limits, and `command` the commands to breakers.
//! 3. `plain_check` decides without a script where it can, which costs the server less.
//! 4. `engine` calls the scripts, and repeats a call if an epoch has begun meanwhile.
//! 5. `timeline` converts the clock of Redis to stamps, which never decrease in this process.
//! 6. `wire` has entries, invalidated patterns, messages and replies as bytes, `key_layout` the names of keys.
//! 7. `feed` receives invalidations.
//! 8. `turns` lets one process fill a key, and writes several things at once.
//! 9. `missed` keeps the invalidations that Redis may not have received, until they are repeated.
//! 10. `claims` claims keys, and `unreleased` keeps the claims in doubt until they are removed.
//! 11. `quotas` counts the requests of rate limits that processes share.
//! 12. `commands` keeps the commands to circuit breakers that act on all processes.
//! 13. `wait` takes the time of one wait out of the budget of its request.
//!
//! **State.** One hash holds the clock, a random epoch, the run id of the server, the floor, and the number of each
//! tag that was invalidated in the current period. A period lasts for at least a horizon; then the hash is renamed to
//! that of the period before, and the floor rises to the beginning of that one. So a number is only forgotten after
//! the floor has passed it.
//!
//! **Validity.** An entry has the epoch and the reading of the clock from before its handler ran. It is valid in the
//! same epoch, if the reading is not below the floor, and if no number of its tags and no ban that matches it is later.
//!
//! **Epochs.** A new one begins, and everything before it is a miss, if the hash is gone or damaged, if it names
//! another server than the connection leads to, if its clock is behind a reading that this process has seen, or if the
//! time of the server is behind the clock. A stamp of a former epoch is never stored and never valid.
//!
//! **Time.** An entry ages by what is left of its expiry, so only the clock of Redis matters. A server whose time falls
//! back against the clock of a process begins a new epoch.

pub(in crate::cache) mod builder;
pub(in crate::cache) mod settings_error;
pub(in crate::cache) mod store;

mod claims;
mod commands;
mod engine;
pub(in crate::cache) mod feed;
mod key_layout;
mod link;
mod missed;
mod plain_check;
mod quotas;
mod scripts;
pub(in crate::cache) mod timeline;
pub(in crate::cache) mod turns;
mod unreleased;
pub(in crate::cache) mod wait;
pub(in crate::cache) mod wire;

pub(crate) use self::link::ConnectFaultKind;
