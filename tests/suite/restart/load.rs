//! Restarts under a steady load.

use std::{
    net::SocketAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use http_body_util::{BodyExt, Empty};
use hyper::{Request, body::Bytes, client::conn::http1, header::CONNECTION};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, task::JoinSet, time::sleep};

use super::{
    program::program,
    started::{ListenPid, NotifySocket, Started, listener, share, with_sockets},
};

/// How often the program is restarted. `TEST_RESTARTS` sets another number, and then the program has its default
/// times to stop.
const RESTARTS: usize = 20;

const CONNECTIONS: usize = 64;

/// The clients of the slow path, of all.
const SLOW: usize = 4;

/// The requests of a client, and what became of those that were lost.
#[derive(Debug, Default)]
struct Sent {
    requests: usize,
    connections: usize,
    lost: Vec<String>,
}

/// Sends one request after another over kept-alive connections. A connection that the server closes between two
/// requests is replaced; every other end is a lost request.
async fn client(addr: SocketAddr, path: &'static str, pause: Duration, done: Arc<AtomicBool>) -> Sent {
    let mut sent = Sent::default();
    while !done.load(Ordering::Relaxed) {
        sent.connections += 1;
        if let Err(error) = connection(addr, path, pause, &done, &mut sent.requests).await {
            sent.lost.push(format!("{path}: {error}"));
        }
    }
    sent
}

/// Returns once the connection must be replaced, or once the test is done.
async fn connection(
    addr: SocketAddr,
    path: &str,
    pause: Duration,
    done: &AtomicBool,
    requests: &mut usize,
) -> Result<(), String> {
    let stream = TcpStream::connect(addr).await.map_err(|error| format!("refused: {error}"))?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
    let driver = tokio::spawn(connection);
    while !done.load(Ordering::Relaxed) {
        // The server has closed the connection.
        if sender.ready().await.is_err() {
            break;
        }
        let request = Request::get(path).header("host", "a").body(Empty::<Bytes>::new()).unwrap();
        let response = match sender.send_request(request).await {
            Ok(response) => response,
            // It was not sent: the server had closed the connection.
            Err(error) if error.is_canceled() => break,
            Err(error) => return Err(format!("no response to request {requests}: {error:?}")),
        };
        *requests += 1;
        let (head, body) = response.into_parts();
        body.collect().await.map_err(|error| format!("cut off: {error}"))?;
        if !head.status.is_success() {
            return Err(head.status.to_string());
        }
        if head.headers.get(CONNECTION).is_some_and(|value| value == "close") {
            break;
        }
        sleep(pause).await;
    }
    drop(sender);
    let _ = driver.await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_is_lost_while_the_program_restarts() {
    let chosen = std::env::var("TEST_RESTARTS").ok().map(|restarts| restarts.parse().unwrap());
    let (socket, notified) = (listener(), NotifySocket::new("load"));
    let addr = socket.local_addr().unwrap();
    let start = || {
        let mut command = with_sockets(&program(Path::new("")), vec![share(&socket)], ListenPid::Own);
        command.env("NOTIFY_SOCKET", &notified.path);
        match chosen {
            None => command.env("ROUTEKIT_SERVER_DRAIN_DELAY", "200ms"),
            Some(_) => command.env_remove("ROUTEKIT_SERVER_DRAIN_DELAY"),
        };
        Started::new(command)
    };
    // Notifications of the old program arrive between those of the new one.
    let ready = || while !notified.next_state().starts_with("READY=1\n") {};
    let mut running = start();
    ready();

    let done = Arc::new(AtomicBool::new(false));
    let mut clients = JoinSet::new();
    for index in 0..CONNECTIONS {
        let path = if index < SLOW { "/slow" } else { "/fast" };
        // Some clients leave their connection idle for most of the time.
        let pause = Duration::from_millis([2, 10, 50, 200][index % 4]);
        clients.spawn(client(addr, path, pause, Arc::clone(&done)));
    }
    let restarts = chosen.unwrap_or(RESTARTS);
    for _ in 0..restarts {
        let next = tokio::task::block_in_place(|| {
            let next = start();
            ready();
            next
        });
        // For some requests before the next restart.
        sleep(Duration::from_millis(100)).await;
        running.terminate();
        let old = std::mem::replace(&mut running, next);
        let (code, log) = tokio::task::block_in_place(|| old.ended());
        assert_eq!(code, Some(0), "{log:#?}");
    }
    done.store(true, Ordering::Relaxed);
    let sent = clients.join_all().await;
    let requests: usize = sent.iter().map(|sent| sent.requests).sum();
    let connections: usize = sent.iter().map(|sent| sent.connections).sum();
    let lost: Vec<&String> = sent.iter().flat_map(|sent| &sent.lost).collect();
    eprintln!("{restarts} restarts: {requests} requests over {connections} connections, {} lost", lost.len());
    assert!(lost.is_empty(), "{} of {requests} requests were lost: {lost:#?}", lost.len());
    assert!(requests > restarts * CONNECTIONS, "{requests} requests");
}
