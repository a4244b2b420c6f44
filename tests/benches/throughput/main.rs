//! Requests per second of servers on a socket, in turns: `tests/benches/throughput/run`.
//!
//! `throughput NAME=PROGRAM…`; each program is started as `PROGRAM serve ADDR`. The others are compared with the first
//! one. `--rounds 3 --seconds 1` makes it short.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr, reason = "a bench measures and prints")]
#![allow(clippy::disallowed_methods, reason = "a bench reads the clock")]
#![allow(dead_code, reason = "the programs of the suite and of `crud` need more")]

mod connection;
#[path = "../../suite/support/programs.rs"]
mod programs;
mod server;

use std::{
    cell::Cell,
    env,
    net::SocketAddr,
    process::Command,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use serde_json::Value;

use self::{
    connection::Connection,
    programs::free_port,
    server::{Server, leave_first_processor, median},
};

/// As many requests are on their way at once.
const CONNECTIONS: usize = 32;

const CASES: [&str; 3] = ["page", "hit", "post"];

/// What one server reached in one case, by round.
#[derive(Default)]
struct Figures {
    requests_per_second: Vec<f64>,
    cpu_micros: Vec<f64>,
}

fn main() {
    let arguments: Vec<String> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let option = |name: &str, default: u64| {
        let value = arguments.iter().skip_while(|argument| *argument != name).nth(1);
        value.map_or(default, |value| value.parse().expect("a number"))
    };
    let (rounds, time) = (option("--rounds", 21), Duration::from_secs(option("--seconds", 1)));
    let programs: Vec<(&str, &str)> = arguments.iter().filter_map(|argument| argument.split_once('=')).collect();
    // `cargo bench` runs every bench without arguments.
    if programs.is_empty() {
        return;
    }
    leave_first_processor();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let servers: Vec<Server> = programs.iter().map(|(_, program)| start(program)).collect();
    println!("{:<10} {:<16} {:>12} {:>8} {:>16}", "case", "server", "requests/s", "ratio", "CPU per request");
    for case in CASES {
        let request = request(case);
        for server in &servers {
            runtime.block_on(check(server.addr, case, &request));
        }
        let mut figures: Vec<Figures> = servers.iter().map(|_| Figures::default()).collect();
        for _ in 0..rounds {
            for (server, figures) in servers.iter().zip(&mut figures) {
                let before = server.cpu_time();
                let requests = runtime.block_on(load(server.addr, &request, time)) as f64;
                let cpu_time = server.cpu_time() - before;
                figures.requests_per_second.push(requests / time.as_secs_f64());
                figures.cpu_micros.push(cpu_time.as_secs_f64() * 1e6 / requests);
            }
        }
        let first = figures[0].requests_per_second.clone();
        for ((name, _), figures) in programs.iter().zip(&mut figures) {
            // Of the same round, which a busy machine slows down alike.
            let ratios = figures.requests_per_second.iter().zip(&first).map(|(rate, first)| rate / first);
            let ratio = median(&mut ratios.collect::<Vec<_>>());
            let rate = median(&mut figures.requests_per_second);
            let cpu = median(&mut figures.cpu_micros);
            println!("{case:<10} {name:<16} {rate:>12.0} {ratio:>8.2} {cpu:>13.1} µs");
        }
    }
}

fn start(program: &str) -> Server {
    let addr = free_port();
    Server::start(Command::new(program).args(["serve", &addr.to_string()]), addr)
}

fn request(case: &str) -> Vec<u8> {
    const HEAD: &str = "host: localhost\r\nuser-agent: bench\r\naccept: */*\r\n";
    const BODY: &str = r#"{"name":"Ann","email":"ann@example.com","age":30}"#;
    let text = match case {
        "post" => {
            let length = BODY.len();
            let entity = format!("content-type: application/json\r\ncontent-length: {length}\r\n\r\n{BODY}");
            format!("POST /users HTTP/1.1\r\n{HEAD}{entity}")
        }
        page => format!("GET /{page} HTTP/1.1\r\n{HEAD}\r\n"),
    };
    text.into_bytes()
}

/// Makes sure that the servers do the same.
async fn check(addr: SocketAddr, case: &str, request: &[u8]) {
    let mut connection = Connection::open(addr).await;
    // The second request of a cached page is a hit.
    for _ in 0..2 {
        let response = connection.send(request).await;
        let body: Value = serde_json::from_slice(response.body).unwrap();
        let items = body["items"].as_array().map(Vec::len);
        assert_eq!((response.status, items), (200, Some(if case == "post" { 0 } else { 20 })), "{case}");
    }
}

/// Sends the request for some time, on all connections at once, and returns how many responses came.
async fn load(addr: SocketAddr, request: &[u8], time: Duration) -> usize {
    let (answered, end) = (Cell::new(0), Instant::now() + time);
    let clients = (0..CONNECTIONS).map(async |_| {
        let mut connection = Connection::open(addr).await;
        while Instant::now() < end {
            assert_eq!(connection.send(request).await.status, 200);
            answered.set(answered.get() + 1);
        }
    });
    join_all(clients).await;
    answered.get()
}
