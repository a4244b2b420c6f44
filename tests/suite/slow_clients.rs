//! A server under two thousand slow clients, as a process.

use std::{fs, io, net::SocketAddr, process::Command, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

use crate::process::{Quickstart, ask, quickstart};

const TIMEOUT: Duration = Duration::from_secs(4);

/// Longer than the timeout, its resolution and the start of all clients.
const CLOSED_AFTER: Duration = Duration::from_secs(15);

/// The beginning of a request whose head, or whose body, is not complete.
const BEGINNINGS: [&str; 2] = [
    "GET /v2/users HTTP/1.1\r\nhost: a\r\n",
    "POST /v2/users HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{",
];

/// Sends the beginning of a request, and then byte by byte until the server closes the connection.
async fn trickle(addr: SocketAddr, beginning: &str) -> io::Result<()> {
    let stream = TcpStream::connect(addr).await?;
    let (mut reader, mut writer) = stream.into_split();
    writer.write_all(beginning.as_bytes()).await?;
    let sent = tokio::spawn(async move {
        while writer.write_all(b"a").await.is_ok() {
            sleep(Duration::from_millis(500)).await;
        }
    });
    let mut answer = Vec::new();
    let start = Instant::now();
    let ended = reader.read_to_end(&mut answer).await;
    sent.abort();
    let (answer, time) = (String::from_utf8_lossy(&answer), start.elapsed());
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer:?} after {time:?} to {beginning:?}: {ended:?}");
    Ok(())
}

/// The number of files that this process may open.
fn file_limit() -> usize {
    let limits = fs::read_to_string("/proc/self/limits").unwrap();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap_or(usize::MAX)
}

/// The largest memory that the process has had, in bytes.
fn peak_memory(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_slow_clients_are_closed_and_others_are_served() {
    let seconds = TIMEOUT.as_secs().to_string();
    let timeouts = ["HEAD", "BODY", "SEND"].map(|name| (format!("ROUTEKIT_SERVER_{name}_TIMEOUT"), seconds.clone()));
    let server = Quickstart::start_with(timeouts);
    let addr = server.addr.parse().unwrap();
    let count = (file_limit() / 2).min(2000);
    let start = Instant::now();
    let mut clients = JoinSet::new();
    for number in 0..count {
        clients.spawn(async move {
            timeout(CLOSED_AFTER, trickle(addr, BEGINNINGS[number % 2])).await.expect("it is closed").unwrap();
        });
        if number % 100 == 0 {
            // The queue of the system is finite.
            sleep(Duration::from_millis(20)).await;
        }
    }
    let mut served = 0;
    while !clients.is_empty() {
        let answer = timeout(Duration::from_secs(5), async {
            let mut stream = TcpStream::connect(addr).await.unwrap();
            stream.write_all(b"GET /v2/users HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await.unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            answer
        });
        let answer = answer.await.expect("a normal client is served");
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
        served += 1;
        while let Some(ended) = clients.try_join_next() {
            ended.unwrap();
        }
        sleep(Duration::from_millis(50)).await;
    }
    let memory = peak_memory(server.id()) >> 20;
    println!("{count} slow clients, {served} others in {:?}, {memory} MiB", start.elapsed());
    assert!(memory < 200, "{memory} MiB");
}

#[test]
fn probes_are_answered_while_clients_use_all_connections() {
    const FILES: usize = 300;
    let program = quickstart();
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(format!("ulimit -n {FILES}; exec \"$0\"")).arg(program.get_program());
    shell.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let app = Quickstart::start_command(&mut shell);
    // Those without a connection of the app wait in the queue of the system.
    let clients: Vec<_> = (0..FILES).map(|_| std::net::TcpStream::connect(&app.addr).unwrap()).collect();
    for _ in 0..3 {
        assert!(ask(&app.admin, "GET", "/health/live", "").starts_with("HTTP/1.1 200 "));
    }
    drop(clients);
}
