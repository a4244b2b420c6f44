//! A network between a client and a server, as bad as a test wants it.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{mpsc, watch},
    task::JoinHandle,
    time::{Instant, sleep_until},
};

/// What happens to connections and replies.
#[derive(Debug, Clone, Copy)]
struct Network {
    /// The server that new connections reach.
    server: SocketAddr,
    /// How long each reply takes.
    delay: Duration,
    /// How many bytes of the next reply arrive before its connection is reset.
    cut: Option<usize>,
    /// Whether connections are closed at once, those that exist as well.
    refuses: bool,
}

/// Passes connections on to a server, until the test says otherwise. It runs on the runtime of the test.
pub(crate) struct TcpProxy {
    addr: SocketAddr,
    network: Arc<watch::Sender<Network>>,
    accepted: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl TcpProxy {
    pub(crate) async fn start(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let network =
            Arc::new(watch::Sender::new(Network { server, delay: Duration::ZERO, cut: None, refuses: false }));
        let accepted = Arc::new(AtomicUsize::new(0));
        let (shared, counter) = (Arc::clone(&network), Arc::clone(&accepted));
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if !shared.borrow().refuses {
                    counter.fetch_add(1, Ordering::SeqCst);
                    tokio::spawn(pass(client, Arc::clone(&shared)));
                }
            }
        });
        Self { addr, network, accepted, task }
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://{}", self.addr)
    }

    /// The number of connections that were passed on.
    pub(crate) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }

    /// Delays each reply, without a limit on how many are on their way.
    pub(crate) fn delay(&self, delay: Duration) {
        self.network.send_modify(|network| network.delay = delay);
    }

    /// Resets the connection of the next reply after this many bytes of it.
    pub(crate) fn cut_next_reply(&self, bytes: usize) {
        self.network.send_modify(|network| network.cut = Some(bytes));
    }

    /// Passes new connections on to another server, and closes those that exist.
    pub(crate) fn redirect(&self, server: SocketAddr) {
        self.refuse(true);
        self.network.send_modify(|network| network.server = server);
        self.refuse(false);
    }

    /// Closes all connections, and each new one at once.
    pub(crate) fn refuse(&self, refuses: bool) {
        self.network.send_modify(|network| network.refuses = refuses);
    }
}

impl Drop for TcpProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Passes one connection on, until one side closes it or the network does.
async fn pass(client: TcpStream, network: Arc<watch::Sender<Network>>) {
    let target = network.borrow().server;
    let mut changes = network.subscribe();
    let Ok(server) = TcpStream::connect(target).await else { return };
    let _ = (client.set_nodelay(true), server.set_nodelay(true), client.set_zero_linger());
    let (mut requests, to_client) = client.into_split();
    let (replies, mut to_server) = server.into_split();
    tokio::select! {
        _ = tokio::io::copy(&mut requests, &mut to_server) => {}
        () = pass_replies(replies, to_client, &network) => {}
        _ = changes.wait_for(|network| network.refuses || network.server != target) => {}
    }
}

async fn pass_replies(mut replies: OwnedReadHalf, mut client: OwnedWriteHalf, network: &watch::Sender<Network>) {
    let (send, mut delayed) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    let read = async {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(length @ 1..) = replies.read(&mut buffer).await {
            let due = Instant::now() + network.borrow().delay;
            if send.send((due, buffer[..length].to_vec())).is_err() {
                break;
            }
        }
    };
    let write = async {
        while let Some((due, bytes)) = delayed.recv().await {
            sleep_until(due).await;
            let mut cut = None;
            network.send_if_modified(|network| {
                cut = network.cut.take();
                false
            });
            let length = cut.map_or(bytes.len(), |cut| cut.min(bytes.len()));
            if client.write_all(&bytes[..length]).await.is_err() || cut.is_some() {
                break;
            }
        }
    };
    tokio::select! {
        () = read => {}
        () = write => {}
    }
}
