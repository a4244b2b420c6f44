//! Opens a connection: TCP, TLS, authentication, and what the store must know about the server.

use std::{
    fmt, io,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use redis::{
    AsyncConnectionConfig, ErrorKind, ProtocolVersion, RedisConnectionInfo, RedisError, ServerErrorKind, Value,
    aio::{AsyncPushSender, MultiplexedConnection},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

use super::{server_address::ServerAddress, server_info::ServerInfo};
use crate::{
    base::{
        spawner::{Spawner, sole_task::SoleTask},
        tls,
    },
    cache::redis::scripts::Script,
    deadline::within,
};

/// A connection, which any number of requests share.
pub(in crate::cache::redis) struct RedisConnection {
    pub(super) number: u64,
    /// The server that the connection leads to: in a cluster, not always that of the URL.
    pub(super) address: ServerAddress,
    pub(super) multiplexed: MultiplexedConnection,
    pub(in crate::cache::redis) server: ServerInfo,
    /// The digests of the scripts, in the order of [`Script::ALL`].
    digests: Vec<String>,
    /// Searches for another connection, because an answer was late.
    pub(super) doubt: SoleTask,
    is_lost: AtomicBool,
}

impl RedisConnection {
    /// Whether the connection has ended, so that a command may be repeated on another one.
    pub(in crate::cache::redis) fn is_lost(&self) -> bool {
        self.is_lost.load(Ordering::Relaxed)
    }

    pub(super) fn set_lost(&self) {
        self.is_lost.store(true, Ordering::Relaxed);
    }

    /// The digest by which the server calls a script.
    pub(in crate::cache::redis) fn digest(&self, script: Script) -> &str {
        let index = Script::ALL.iter().position(|other| *other == script);
        index.and_then(|index| self.digests.get(index)).map_or("", String::as_str)
    }
}

impl fmt::Debug for RedisConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisConnection").field("server", &self.server).finish_non_exhaustive()
    }
}

/// Why a connection could not be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConnectFault {
    pub(crate) kind: ConnectFaultKind,
    pub(crate) reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConnectFaultKind {
    /// No server answers, or it is not ready yet.
    Unreachable,
    /// The server refuses the user or the password.
    Credentials,
    /// The server needs a password.
    NoPassword,
    /// The server has no database of this number.
    Database,
    /// The user may not run a command.
    Permission,
    /// The server is too old.
    Version,
}

impl ConnectFault {
    pub(super) fn unreachable(reason: impl fmt::Display) -> Self {
        Self { kind: ConnectFaultKind::Unreachable, reason: reason.to_string() }
    }

    pub(super) fn of(error: &RedisError) -> Self {
        let kind = match error.kind() {
            ErrorKind::AuthenticationFailed => ConnectFaultKind::Credentials,
            ErrorKind::Server(ServerErrorKind::NoPerm) => ConnectFaultKind::Permission,
            _ => match error.code() {
                Some("WRONGPASS") => ConnectFaultKind::Credentials,
                Some("NOAUTH") => ConnectFaultKind::NoPassword,
                _ => ConnectFaultKind::Unreachable,
            },
        };
        Self { kind, reason: error.to_string() }
    }

    /// Why a database could not be selected.
    fn of_select(error: &RedisError) -> Self {
        match error.kind() {
            ErrorKind::Server(ServerErrorKind::ResponseError) => {
                let reason = match error.detail() {
                    Some(detail) if detail.contains("cluster mode") => {
                        "a Redis Cluster has no other than 0; remove the number from the URL".to_owned()
                    }
                    _ => error.to_string(),
                };
                Self { kind: ConnectFaultKind::Database, reason }
            }
            _ => Self::of(error),
        }
    }

    /// Why there is no TLS on a connection; `None` if the server did not answer.
    fn of_tls(error: Option<&io::Error>) -> Self {
        let is_tls = |error: &io::Error| {
            let cause = error.get_ref().and_then(|cause| cause.downcast_ref());
            !matches!(cause, Some(rustls::Error::InvalidMessage(_)))
        };
        Self::unreachable(match error {
            Some(error) if is_tls(error) => error.to_string(),
            // A server without TLS waits for the end of a line.
            _ => "it does not answer with TLS; for a port without TLS, write `redis://` in place of `rediss://`"
                .to_owned(),
        })
    }
}

/// The longest that a TLS handshake takes. Less than an attempt, so that its error tells what was missing.
const HANDSHAKE_LIMIT: Duration = Duration::from_millis(1500);

/// How connections are opened.
pub(in crate::cache::redis) struct RedisConnector {
    pub(super) address: ServerAddress,
    tls: Arc<OnceLock<Result<TlsConnector, String>>>,
    spawner: Spawner,
}

trait ByteStream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> ByteStream for T {}

impl RedisConnector {
    pub(super) fn new(address: ServerAddress, spawner: Spawner) -> Self {
        Self { address, tls: Arc::default(), spawner }
    }

    /// The same for another server.
    pub(super) fn at(&self, address: ServerAddress) -> Self {
        Self { address, tls: Arc::clone(&self.tls), spawner: self.spawner.clone() }
    }

    pub(super) async fn connect(&self, number: u64) -> Result<RedisConnection, ConnectFault> {
        self.open(number, &self.login(), config()).await
    }

    /// Opens a connection on which the server publishes what is sent to a channel. Such a connection has commands and
    /// replies as well: it speaks RESP3.
    pub(super) async fn subscribe(
        &self,
        number: u64,
        channel: &str,
        on_push: impl AsyncPushSender,
    ) -> Result<RedisConnection, ConnectFault> {
        let login = self.login().set_protocol(ProtocolVersion::RESP3);
        let connection = self.open(number, &login, config().set_push_sender(on_push)).await?;
        let subscribed = connection.multiplexed.clone().subscribe(channel).await;
        subscribed.map_err(|error| ConnectFault::of(&error))?;
        Ok(connection)
    }

    async fn open(
        &self,
        number: u64,
        login: &RedisConnectionInfo,
        config: AsyncConnectionConfig,
    ) -> Result<RedisConnection, ConnectFault> {
        let stream = self.stream().await?;
        let (multiplexed, driver) = MultiplexedConnection::new_with_config(login, stream, config)
            .await
            .map_err(|error| ConnectFault::of(&error))?;
        self.spawner.spawn_repeatable(driver);
        let (server, digests) = set_up(&mut multiplexed.clone(), self.address.database).await?;
        if server.is_too_old() {
            let reason = format!("the server has version {}; at least 6.0 is required", server.version);
            return Err(ConnectFault { kind: ConnectFaultKind::Version, reason });
        }
        // In a cluster, it names its primary.
        if server.is_replica && !server.is_cluster {
            return Err(ConnectFault::unreachable("the server is a replica, which does not accept writes"));
        }
        let (doubt, is_lost) = (SoleTask::default(), AtomicBool::new(false));
        let address = self.address.clone();
        Ok(RedisConnection { number, address, multiplexed, server, digests, doubt, is_lost })
    }

    async fn stream(&self) -> Result<Box<dyn ByteStream>, ConnectFault> {
        let ServerAddress { host, port, .. } = &self.address;
        let stream = TcpStream::connect((host.as_str(), *port)).await.map_err(ConnectFault::unreachable)?;
        stream.set_nodelay(true).map_err(ConnectFault::unreachable)?;
        if !self.address.tls {
            return Ok(Box::new(stream));
        }
        let connector = self.tls.get_or_init(|| Ok(TlsConnector::from(Arc::new(tls::client(tls::system_roots()?)?))));
        let connector = connector.as_ref().map_err(ConnectFault::unreachable)?;
        let name = host.clone().try_into().map_err(ConnectFault::unreachable)?;
        match within(HANDSHAKE_LIMIT, connector.connect(name, stream)).await {
            Some(Ok(stream)) => Ok(Box::new(stream)),
            Some(Err(error)) => Err(ConnectFault::of_tls(Some(&error))),
            None => Err(ConnectFault::of_tls(None)),
        }
    }

    fn login(&self) -> RedisConnectionInfo {
        let mut login = RedisConnectionInfo::default().set_skip_set_lib_name();
        if let Some(username) = &self.address.username {
            login = login.set_username(username);
        }
        if let Some(password) = &self.address.password {
            login = login.set_password(password);
        }
        login
    }
}

fn config() -> AsyncConnectionConfig {
    AsyncConnectionConfig::new().set_response_timeout(None).set_connection_timeout(None)
}

/// Redis 6 takes one section at a time.
const SECTIONS: [&str; 3] = ["server", "memory", "replication"];

/// Selects the database, and returns what the server tells about itself and the digests of the scripts, in one round
/// trip.
async fn set_up(
    connection: &mut MultiplexedConnection,
    database: i64,
) -> Result<(ServerInfo, Vec<String>), ConnectFault> {
    let mut commands = redis::pipe();
    // A user that stays in the first database needs no permission to select one.
    let selects = database != 0;
    if selects {
        commands.cmd("SELECT").arg(database);
    }
    for section in SECTIONS {
        commands.cmd("INFO").arg(section);
    }
    for script in Script::ALL {
        commands.cmd("SCRIPT").arg("LOAD").arg(script.text());
    }
    let flagged = Script::ALL.into_iter().enumerate();
    let flagged: Vec<_> = flagged.filter_map(|(index, script)| Some((index, script.flagged_text()?))).collect();
    for (_, text) in &flagged {
        commands.cmd("SCRIPT").arg("LOAD").arg(*text);
    }
    let count = usize::from(selects) + SECTIONS.len() + Script::ALL.len() + flagged.len();
    let replies = connection.send_packed_commands(&commands, 0, count).await;
    let mut replies = replies.map_err(|error| ConnectFault::of(&error))?;
    let of_flagged = replies.split_off(replies.len().min(count - flagged.len()));
    let mut replies = replies.into_iter();
    if selects {
        let selected = replies.next().unwrap_or_default();
        selected.extract_error().map_err(|error| ConnectFault::of_select(&error))?;
    }
    let texts: Vec<String> = replies.map(text).collect::<Result<_, _>>()?;
    let (info, digests) = texts.split_at(SECTIONS.len());
    let server = ServerInfo::parse(&info.concat());
    let server = server.ok_or_else(|| ConnectFault::unreachable("the server does not tell its run id"))?;
    let mut digests = digests.to_vec();
    for ((index, _), reply) in flagged.into_iter().zip(of_flagged) {
        // Redis 6 cannot compile them, and keeps to the text without flags.
        if let Ok(digest) = text(reply) {
            digests[index] = digest;
        }
    }
    Ok((server, digests))
}

fn text(reply: Value) -> Result<String, ConnectFault> {
    match reply.extract_error().map_err(|error| ConnectFault::of(&error))? {
        Value::BulkString(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Value::SimpleString(text) | Value::VerbatimString { text, .. } => Ok(text),
        _ => Err(ConnectFault::unreachable("the server does not answer as Redis does")),
    }
}
