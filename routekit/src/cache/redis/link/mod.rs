//! The connection to Redis: opened in the background, and skipped while it is broken.
//!
//! A request waits for a connection only while one is opened for the first time, or again after it has broken, and for
//! at most the connect budget. Once that has passed or an attempt has failed, requests skip Redis until a background
//! attempt has succeeded. Attempts pause for 50 ms at first and for a second at most.
//!
//! A late answer does not mean that Redis is away: the answer may be large, or come behind a large one. Requests go on,
//! each within its budget, while a background task opens another connection. If that one answers in time, it replaces
//! the first; otherwise requests skip Redis. If the request had less than half of its budget left, its late answer
//! has no consequence.

use std::{
    fmt,
    sync::{Arc, Weak},
    time::Duration,
};

use redis::{Cmd, Pipeline, RedisError, Value, aio::AsyncPushSender};
use tokio::sync::watch;

pub(crate) use self::connect::{ConnectFault, ConnectFaultKind};
pub(super) use self::{
    connect::RedisConnection, probe::write_probe, server_address::ServerAddress, server_info::fields,
};
use self::{connect::RedisConnector, finder::ServerFinder, probe::WriteProbe};
use super::{key_layout::KeyLayout, wait::RedisWait};
use crate::{
    base::{
        clock::Clock,
        redis_waits::{LinkId, RedisWaits},
        spawner::{Spawner, sole_task::RunningTask},
    },
    cache::store::contract::StoreError,
    deadline::{Countdown, pause, within},
};

mod connect;
mod finder;
mod probe;
mod redirect;
mod server_address;
mod server_info;

/// The longest that a request waits for a connection.
const CONNECT_BUDGET: Duration = Duration::from_millis(50);

/// The shortest time in which a server in doubt must have answered; longer with a large budget.
const DOUBT_LIMIT: Duration = Duration::from_millis(250);

/// A server in doubt must have answered within so many times the budget.
const DOUBT_SHARE: u32 = 5;

/// The pauses between attempts.
const PAUSES: std::ops::RangeInclusive<Duration> = Duration::from_millis(50)..=Duration::from_secs(1);

/// The connection of a store. Clones share it.
#[derive(Clone)]
pub(super) struct RedisLink(Arc<LinkShared>);

struct LinkShared {
    id: LinkId,
    finder: ServerFinder,
    spawner: Spawner,
    state: watch::Sender<LinkState>,
}

#[derive(Debug, Clone)]
enum LinkState {
    /// No request has needed a connection yet.
    Idle,
    /// An attempt runs, and requests may wait for it until this has passed.
    Connecting(Countdown),
    /// Attempts run, and requests do not wait.
    Away(ConnectFault),
    Connected(Arc<RedisConnection>),
}

impl LinkState {
    fn connecting() -> Self {
        Self::Connecting(Countdown::new(CONNECT_BUDGET))
    }
}

impl RedisLink {
    /// A link to the server that has these keys. `budget` is the longest time for the answer to a command.
    pub(super) fn new(address: ServerAddress, budget: Duration, keys: &KeyLayout, spawner: Spawner) -> Self {
        let connector = RedisConnector::new(address, spawner.clone());
        let finder = ServerFinder::new(connector, budget, WriteProbe::new(keys));
        Self(Arc::new(LinkShared { id: LinkId::next(), finder, spawner, state: watch::Sender::new(LinkState::Idle) }))
    }

    pub(super) fn address(&self) -> &ServerAddress {
        &self.0.finder.connector.address
    }

    pub(super) fn budget(&self) -> Duration {
        self.0.finder.budget
    }

    /// Begins a wait, for what the request has left of its budget.
    pub(super) fn wait<'a>(&self, waits: &'a RedisWaits) -> RedisWait<'a> {
        RedisWait::begin(waits, self.0.id, self.budget())
    }

    /// The same for what decides whether the request is admitted, which may always wait for half of the budget.
    pub(super) fn wait_for_admission<'a>(&self, waits: &'a RedisWaits) -> RedisWait<'a> {
        RedisWait::begin_admission(waits, self.0.id, self.budget())
    }

    /// The connection, or the reason why there is none within the connect budget and the time that is left. Without
    /// time, nothing is sent: no answer would be waited for.
    pub(super) async fn connection(&self, left: &Countdown) -> Result<Arc<RedisConnection>, StoreError> {
        if left.left().is_zero() {
            return Err(StoreError::out_of_time("the request has no time left to wait for Redis"));
        }
        if let LinkState::Connected(connection) = &*self.0.state.borrow() {
            return Ok(Arc::clone(connection));
        }
        self.0.open();
        let patience = match &*self.0.state.borrow() {
            LinkState::Connected(connection) => return Ok(Arc::clone(connection)),
            LinkState::Away(fault) => return Err(away(fault)),
            LinkState::Connecting(patience) => patience.left(),
            LinkState::Idle => CONNECT_BUDGET,
        };
        let limit = left.left();
        match self.settled(patience.min(limit)).await {
            Some(Ok(connection)) => Ok(connection),
            Some(Err(fault)) => Err(away(&fault)),
            None if limit < patience => {
                Err(StoreError::out_of_time(format!("no connection to Redis within {limit:?}, which were left")))
            }
            None => Err(away(&ConnectFault::unreachable("it does not answer in time"))),
        }
    }

    /// Connects, and waits for the outcome of the attempt for at most `limit`.
    pub(super) async fn connect(&self, limit: Duration) -> Result<Arc<RedisConnection>, ConnectFault> {
        self.0.open();
        let unanswered = || Err(ConnectFault::unreachable(format!("no answer within {limit:?}")));
        self.settled(limit).await.unwrap_or_else(unanswered)
    }

    /// Opens another connection to the server that requests use, and subscribes to a channel. `on_push` receives what
    /// is published.
    pub(super) async fn subscribe(
        &self,
        channel: &str,
        on_push: impl AsyncPushSender,
    ) -> Result<RedisConnection, ConnectFault> {
        let address = match &*self.0.state.borrow() {
            LinkState::Connected(connection) => connection.address.clone(),
            LinkState::Idle | LinkState::Connecting(_) | LinkState::Away(_) => self.address().clone(),
        };
        self.0.finder.subscribe(address, channel, on_push).await
    }

    /// Whether requests use the server with this run id, or none.
    pub(super) fn may_be_on(&self, run_id: &str) -> bool {
        match &*self.0.state.borrow() {
            LinkState::Connected(connection) => connection.server.run_id == run_id,
            LinkState::Idle | LinkState::Connecting(_) | LinkState::Away(_) => true,
        }
    }

    /// Whether there is a connection.
    pub(super) fn is_connected(&self) -> bool {
        matches!(&*self.0.state.borrow(), LinkState::Connected(_))
    }

    async fn settled(&self, limit: Duration) -> Option<Result<Arc<RedisConnection>, ConnectFault>> {
        let mut states = self.0.state.subscribe();
        let settled = states.wait_for(|state| matches!(state, LinkState::Away(_) | LinkState::Connected(_)));
        match &*within(limit, settled).await?.ok()? {
            LinkState::Connected(connection) => Some(Ok(Arc::clone(connection))),
            LinkState::Away(fault) => Some(Err(fault.clone())),
            LinkState::Idle | LinkState::Connecting(_) => None,
        }
    }

    /// Sends a command, and returns its reply.
    pub(super) async fn send(
        &self,
        connection: &RedisConnection,
        command: &Cmd,
        left: &Countdown,
    ) -> Result<Value, StoreError> {
        let mut multiplexed = connection.multiplexed.clone();
        let limit = left.left();
        let reply = within(limit, multiplexed.send_packed_command(command)).await;
        let reply = self.answered(connection, reply, limit)?;
        reply.extract_error().map_err(|error| self.refused(connection, error))
    }

    /// Sends several commands at once, and returns their replies.
    pub(super) async fn send_all(
        &self,
        connection: &RedisConnection,
        commands: &Pipeline,
        count: usize,
        left: &Countdown,
    ) -> Result<Vec<Value>, StoreError> {
        let mut multiplexed = connection.multiplexed.clone();
        let limit = left.left();
        let replies = within(limit, multiplexed.send_packed_commands(commands, 0, count)).await;
        self.answered(connection, replies, limit)
    }

    /// The reply to a command, if it came within `limit`.
    fn answered<T>(
        &self,
        connection: &RedisConnection,
        reply: Option<Result<T, RedisError>>,
        limit: Duration,
    ) -> Result<T, StoreError> {
        match reply {
            Some(Ok(reply)) => Ok(reply),
            Some(Err(error)) => {
                self.0.broken(connection, LinkState::connecting(), &error);
                Err(StoreError::known(error))
            }
            None => {
                // Otherwise the request had little time left, and the server may be as fast as it must be. If it
                // hangs, the next request finds out.
                if limit < self.0.finder.budget / 2 {
                    return Err(StoreError::out_of_time(format!(
                        "Redis did not answer within {limit:?}, which the request had left"
                    )));
                }
                self.0.doubt(connection);
                Err(StoreError::known(format!("Redis did not answer within {limit:?}")))
            }
        }
    }

    /// The error of a command. Some errors mean that another server must be used.
    pub(super) fn refused(&self, connection: &RedisConnection, error: RedisError) -> StoreError {
        let next = match error.code() {
            Some(
                "READONLY" | "NOREPLICAS" | "MISCONF" | "MASTERDOWN" | "LOADING" | "CLUSTERDOWN" | "NOAUTH"
                // The keys are on their way to another node.
                | "ASK" | "TRYAGAIN",
            ) => LinkState::Away(ConnectFault::unreachable(&error)),
            // The scripts are loaded when a connection opens, and the attempt finds the node that has the keys.
            Some("NOSCRIPT" | "MOVED") => LinkState::connecting(),
            _ => return StoreError::new(error),
        };
        self.0.broken(connection, next, &error);
        StoreError::known(error)
    }
}

impl LinkShared {
    /// Starts to connect, unless that was done before.
    fn open(self: &Arc<Self>) {
        self.change(|state| match state {
            LinkState::Idle => Some(LinkState::connecting()),
            _ => None,
        });
    }

    /// Reconnects, unless that was done since `connection` was opened.
    fn broken(self: &Arc<Self>, connection: &RedisConnection, next: LinkState, reason: &dyn fmt::Display) {
        let is_away = matches!(next, LinkState::Away(_));
        if !is_away {
            connection.set_lost();
        }
        let changed = self.change(|state| match state {
            LinkState::Connected(current) if current.number == connection.number => Some(next),
            _ => None,
        });
        let server = &connection.address;
        // If the next attempt fails, that is logged.
        if changed && is_away {
            tracing::warn!(%server, %reason, "Redis cannot be used");
        } else if changed {
            tracing::debug!(%server, %reason, "the connection to Redis is lost");
        }
    }

    /// Lets a background task find out whether the server still answers, unless one does.
    fn doubt(self: &Arc<Self>, connection: &RedisConnection) {
        let current = match &*self.state.borrow() {
            LinkState::Connected(current) if current.number == connection.number => Arc::clone(current),
            _ => return,
        };
        let link = Arc::downgrade(self);
        let doubted = Arc::clone(&current);
        current.doubt.start(&self.spawner, |running| judge(link, doubted, running));
    }

    fn change(self: &Arc<Self>, next: impl FnOnce(&LinkState) -> Option<LinkState>) -> bool {
        let changed = self.state.send_if_modified(|state| match next(state) {
            Some(next) => {
                *state = next;
                true
            }
            None => false,
        });
        if changed {
            self.spawner.spawn_repeatable(reconnect(Reconnecting(Arc::downgrade(self))));
        }
        changed
    }
}

/// Finds out whether a server with a late answer can still be used.
async fn judge(link: Weak<LinkShared>, connection: Arc<RedisConnection>, _running: RunningTask) {
    let Some(link) = link.upgrade() else { return };
    let limit = DOUBT_LIMIT.max(link.finder.budget * DOUBT_SHARE);
    let unanswered = || Err(ConnectFault::unreachable(format!("no answer within {limit:?}")));
    match within(limit, link.finder.find()).await.unwrap_or_else(unanswered) {
        Ok(fresh) => {
            tracing::debug!(server = %fresh.address, "Redis was late, and is used on another connection");
            link.state.send_if_modified(|state| match state {
                LinkState::Connected(current) if current.number == connection.number => {
                    *state = LinkState::Connected(Arc::new(fresh));
                    true
                }
                _ => false,
            });
        }
        Err(fault) => {
            let reason = fault.reason.clone();
            link.broken(&connection, LinkState::Away(fault), &reason);
        }
    }
}

/// The task that connects. If its runtime ends first, the next request starts another one.
///
/// Not a `SoleTask`: requests decide by the state, which changes in one step with whether a task runs, so that a flag
/// beside it could disagree. And a runtime that ends must leave the state in which the next request starts a task.
struct Reconnecting(Weak<LinkShared>);

impl Drop for Reconnecting {
    fn drop(&mut self) {
        if let Some(link) = self.0.upgrade() {
            link.state.send_if_modified(|state| {
                let unfinished = !matches!(state, LinkState::Connected(_));
                if unfinished {
                    *state = LinkState::Idle;
                }
                unfinished
            });
        }
    }
}

async fn reconnect(mut task: Reconnecting) {
    let mut wait = *PAUSES.start();
    // A store that is dropped is no longer connected.
    while let Some(link) = task.0.upgrade() {
        match link.finder.find().await {
            Ok(connection) => {
                let server = &connection.server;
                tracing::info!(server = %connection.address, version = server.version, "connected to Redis");
                if let Some(warning) = server.eviction_warning() {
                    tracing::warn!(server = %connection.address, "{warning}");
                }
                // From here on, another task may run.
                task.0 = Weak::new();
                link.state.send_replace(LinkState::Connected(Arc::new(connection)));
                return;
            }
            Err(fault) => {
                let news = link.state.send_replace(LinkState::Away(fault.clone()));
                if !matches!(news, LinkState::Away(_)) {
                    let server = &link.finder.connector.address;
                    tracing::warn!(%server, reason = fault.reason, "Redis cannot be reached");
                }
            }
        }
        drop(link);
        pause(wait.mul_f64(0.5 + 0.5 * fastrand::f64()), &Clock::system()).await;
        wait = (wait * 2).min(*PAUSES.end());
    }
}

fn away(fault: &ConnectFault) -> StoreError {
    StoreError::known(format!("Redis is away: {}", fault.reason))
}

impl fmt::Debug for RedisLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RedisLink").field(self.address()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::mem::forget;

    use super::*;

    /// Attempts to connect that have no end: also not one that a dropped task would be.
    fn hanging(budget: Duration) -> RedisLink {
        let address = ServerAddress::parse("redis://localhost").unwrap();
        RedisLink::new(address, budget, &KeyLayout::new("test").unwrap(), Spawner::new(forget))
    }

    #[tokio::test(start_paused = true)]
    async fn little_time_left_says_nothing_about_the_server() {
        let link = hanging(Duration::from_millis(250));
        let connection = async |left: u64| {
            let left = Countdown::new(Duration::from_millis(left));
            link.connection(&left).await.map(drop).unwrap_err()
        };
        assert!(connection(0).await.is_out_of_time());
        // An attempt may take 50 ms: 10 and 20 pass here.
        for left in [10, 20] {
            assert!(connection(left).await.is_out_of_time(), "{left}");
        }
        let error = connection(100).await;
        assert!(error.is_no_answer() && !error.is_out_of_time(), "{error:?}");
    }
}
