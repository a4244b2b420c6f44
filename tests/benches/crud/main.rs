//! `examples/crud` beside the same program in plain axum with moka: `tests/benches/crud/run`.
//!
//! `crud CRUD CRUD-BY-HAND`, the paths of both programs; `--seconds 2 --rounds 1` makes it short. Needs PostgreSQL in
//! PATH, which `tests/run` gets. Exits with 1 if a read of routekit's was stale.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr, reason = "a bench measures and prints")]
#![allow(clippy::disallowed_methods, reason = "a bench reads the clock")]
#![allow(dead_code, reason = "the servers of the suite can do more")]

#[path = "../throughput/connection.rs"]
mod connection;
mod load;
#[path = "../../suite/support/postgres_server.rs"]
mod postgres_server;
#[path = "../../suite/support/programs.rs"]
mod programs;
#[path = "../throughput/server.rs"]
mod server;

use std::{
    env,
    process::{Command, ExitCode},
    time::Duration,
};

use self::{
    load::{Figures, Load},
    postgres_server::PostgresServer,
    programs::{free_port, output_of},
    server::{Server, leave_first_processor, median},
};

/// Of the pool of each program.
const DATABASE_CONNECTIONS: &str = "16";

/// All rounds of one program.
#[derive(Default)]
struct Side {
    requests_per_second: Vec<f64>,
    cpu_micros: Vec<f64>,
    sum: Figures,
}

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1).filter(|argument| argument != "--bench");
    // `cargo bench` runs every bench without arguments.
    let (Some(ours), Some(by_hand)) = (arguments.next(), arguments.next()) else { return ExitCode::SUCCESS };
    let arguments: Vec<String> = arguments.collect();
    let option = |name: &str, default: u64| {
        let value = arguments.iter().skip_while(|argument| *argument != name).nth(1);
        value.map_or(default, |value| value.parse().expect("a number"))
    };
    let (rounds, time) = (option("--rounds", 5), Duration::from_secs(option("--seconds", 10)));

    // The database and the load run on the second processor, the program on the first.
    leave_first_processor();
    let Some(database) = PostgresServer::start("crud-bench") else { return ExitCode::SUCCESS };
    output_of(Command::new(&ours).arg("seed").env("DATABASE_URL", database.url()));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut stale = 0;
    for (last_item, what) in [(50_000, "the profile: 50,000 items"), (50, "the same mix on 50 items")] {
        println!("{what}");
        println!("program    requests/s  CPU/request      p50      p99   hits  stale reads");
        let load = Load::new(last_item);
        let servers = [start(&ours, &database), start(&by_hand, &database)];
        let mut sides = [Side::default(), Side::default()];
        for _ in 0..rounds {
            for (server, side) in servers.iter().zip(&mut sides) {
                let before = server.cpu_time();
                let figures = runtime.block_on(load.run(server.addr, time));
                side.add(figures, server.cpu_time() - before, time);
            }
        }
        let [ours, by_hand] = &mut sides;
        let ratio = ours.print("crud") / by_hand.print("by hand");
        println!("requests per second: {ratio:.2} of those by hand\n");
        stale += ours.sum.stale;
    }
    println!("goal: no stale reads of crud's; there are {stale}");
    ExitCode::from(u8::from(stale != 0))
}

fn start(program: &str, database: &PostgresServer) -> Server {
    let addr = free_port();
    let mut command = Command::new(program);
    command.arg(if program.contains("by_hand") { addr.to_string() } else { "serve".to_owned() });
    command.env("ROUTEKIT_ADDR", addr.to_string()).env("ROUTEKIT_ADMIN_ADDR", "127.0.0.1:0").env("RUST_LOG", "warn");
    command.env("DATABASE_URL", database.url()).env("DATABASE_MAX_CONN", DATABASE_CONNECTIONS);
    Server::start(&command, addr)
}

impl Side {
    fn add(&mut self, figures: Figures, cpu_time: Duration, time: Duration) {
        let requests = figures.latencies.len() as f64;
        self.requests_per_second.push(requests / time.as_secs_f64());
        self.cpu_micros.push(cpu_time.as_secs_f64() * 1e6 / requests);
        self.sum.latencies.extend(figures.latencies);
        self.sum.reads += figures.reads;
        self.sum.hits += figures.hits;
        self.sum.stale += figures.stale;
    }

    /// Prints a line, and returns the requests per second.
    fn print(&mut self, name: &str) -> f64 {
        let Figures { latencies, reads, hits, stale } = &mut self.sum;
        latencies.sort_unstable();
        let [p50, p99] = [50, 99].map(|percent| latencies[latencies.len() * percent / 100].as_secs_f64() * 1e3);
        let rate = median(&mut self.requests_per_second);
        let cpu = median(&mut self.cpu_micros);
        let hits = *hits as f64 / *reads as f64 * 100.0;
        println!("{name:<8}{rate:>13.0}{cpu:>10.1} µs{p50:>6.2} ms{p99:>6.2} ms{hits:>5.1} %  {stale} of {reads}");
        rate
    }
}
