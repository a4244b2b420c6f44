//! A connection to Redis whose commands a test lets through one at a time.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{Mutex, mpsc, oneshot, watch},
    task::JoinHandle,
};

/// A command that waits until the test lets it through.
pub(crate) struct WaitingCommand {
    pub(crate) name: String,
    through: oneshot::Sender<()>,
}

impl WaitingCommand {
    pub(crate) fn let_through(self) {
        // The connection may have ended.
        let _ = self.through.send(());
    }
}

/// Passes connections on to a server. While the test steps, each command waits for it.
pub(crate) struct StepProxy {
    addr: SocketAddr,
    steps: watch::Sender<bool>,
    waiting: Mutex<mpsc::UnboundedReceiver<WaitingCommand>>,
    task: JoinHandle<()>,
}

impl StepProxy {
    pub(crate) async fn start(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let (send, waiting) = mpsc::unbounded_channel();
        let (steps, stepping) = watch::channel(false);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass(client, server, send.clone(), stepping.clone()));
            }
        });
        Self { addr, steps, waiting: Mutex::new(waiting), task }
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://{}", self.addr)
    }

    /// Sets whether commands wait.
    pub(crate) fn step(&self, steps: bool) {
        self.steps.send_replace(steps);
    }

    /// The next command that waits.
    pub(crate) async fn next(&self) -> WaitingCommand {
        self.waiting.lock().await.recv().await.unwrap()
    }
}

impl Drop for StepProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pass(
    client: TcpStream,
    server: SocketAddr,
    waiting: mpsc::UnboundedSender<WaitingCommand>,
    stepping: watch::Receiver<bool>,
) {
    let Ok(server) = TcpStream::connect(server).await else { return };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (mut requests, mut to_client) = client.into_split();
    let (mut replies, mut to_server) = server.into_split();
    let pass_requests = async {
        let mut bytes = Vec::new();
        loop {
            while let Some((length, name)) = command(&bytes) {
                if *stepping.borrow() {
                    let (through, passed) = oneshot::channel();
                    let _ = waiting.send(WaitingCommand { name, through });
                    let _ = passed.await;
                }
                let command: Vec<u8> = bytes.drain(..length).collect();
                if to_server.write_all(&command).await.is_err() {
                    return;
                }
            }
            if !matches!(requests.read_buf(&mut bytes).await, Ok(1..)) {
                return;
            }
        }
    };
    tokio::select! {
        () = pass_requests => {}
        _ = tokio::io::copy(&mut replies, &mut to_client) => {}
    }
}

/// The length and the name of the command at the beginning, once it is there as a whole.
fn command(bytes: &[u8]) -> Option<(usize, String)> {
    let line = |from: usize| {
        let end = from + bytes.get(from..)?.windows(2).position(|two| two == b"\r\n")?;
        let number: usize = std::str::from_utf8(&bytes[from + 1..end]).ok()?.parse().ok()?;
        Some((number, end + 2))
    };
    let (parts, mut at) = line(0)?;
    let mut name = None;
    for _ in 0..parts {
        let (length, start) = line(at)?;
        let part = bytes.get(start..start + length)?;
        name.get_or_insert_with(|| String::from_utf8_lossy(part).into_owned());
        at = start + length + 2;
    }
    (at <= bytes.len()).then_some((at, name?))
}
