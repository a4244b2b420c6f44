//! Half an hour of mixed load on the production example, while Redis and the auth service fail:
//! `tests/benches/soak-production/run`.
//!
//! `soak-production PRODUCTION`, the path of the program; `--minutes 1` makes it short. Needs `redis-server` in PATH,
//! and `/proc`. Exits with 1 if a goal is missed.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr, reason = "a bench measures and prints")]
#![allow(clippy::disallowed_methods, reason = "a bench reads the clock")]
#![allow(dead_code, reason = "the servers of the suite can do more")]

mod auth_service;
mod load;
#[path = "../../suite/support/programs.rs"]
mod programs;
#[path = "../../suite/support/redis_server.rs"]
mod redis_server;

use std::{
    env, fs,
    io::{BufRead, BufReader},
    process::{Command, ExitCode, Stdio},
    thread,
    time::Duration,
};

use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::json;
use tokio::time::sleep;

use self::{
    load::{Load, wrong},
    programs::{Process, temporary},
    redis_server::{RedisServer, unix_time},
};

const SECRET: &str = "a secret of the bench, which has more than 256 bits";
const ISSUER: &str = "https://login.example.com";

/// How long the load pauses before the program is measured, so that connections, refreshes and outages are over.
const CALM: Duration = Duration::from_secs(75);

/// What the program holds.
#[derive(Debug, Clone, Copy)]
struct Figures {
    memory_kib: u64,
    files: usize,
    threads: u64,
    tasks: u64,
}

struct Program {
    process: Process,
    load: Load,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut arguments = env::args().skip(1).filter(|argument| argument != "--bench");
    // `cargo bench` runs every bench without arguments.
    let Some(path) = arguments.next() else { return ExitCode::SUCCESS };
    let minutes: u32 = arguments.skip_while(|name| name != "--minutes").nth(1).map_or(30, |text| text.parse().unwrap());
    let Some(mut redis) = RedisServer::start("soak-production", &[]) else { return ExitCode::SUCCESS };
    let program = Program::start(&path, &redis, &auth_service::start().await);

    println!("{:<34} {:>10} {:>6} {:>8} {:>6}", "", "KiB", "files", "threads", "tasks");
    // Everything has failed once by then, and has come back.
    let turns = minutes.max(6);
    let turn = Duration::from_secs(60) * minutes / turns;
    let mut first = None;
    for number in 0..turns {
        let outage = outage(&mut redis, number, turn);
        tokio::join!(program.load.run(turn), outage);
        program.print(&format!("turn {} of {turns}", number + 1)).await;
        if number + 1 == turns.div_ceil(5).max(6) {
            sleep(CALM).await;
            first = Some(program.print("in calm, with all faults seen once").await);
        }
    }
    sleep(CALM).await;
    let last = program.print("in calm, at the end").await;
    let first = first.unwrap_or(last);
    let statuses = program.load.statuses.lock().clone();
    for ((kind, status), count) in &statuses {
        println!("{kind:<22} {:<8} {count:>7}", status.map_or("left".to_owned(), |status| status.to_string()));
    }
    let wrong = wrong(&statuses);
    let goals = [
        (
            "memory grows by at most 10 % or 8 MiB",
            last.memory_kib <= first.memory_kib + (first.memory_kib / 10).max(8192),
        ),
        ("no more files", last.files <= first.files),
        ("no more threads", last.threads <= first.threads),
        ("no more tasks", last.tasks <= first.tasks),
        ("only statuses that are right for the request", wrong.is_empty()),
    ];
    for (goal, is_met) in goals {
        println!("goal: {goal}: {}", if is_met { "met" } else { "missed" });
    }
    wrong.iter().for_each(|wrong| println!("{wrong}"));
    ExitCode::from(u8::from(goals.iter().any(|(_, is_met)| !is_met)))
}

/// A third of the time without Redis: killed, restarted without its data, or stopped so that it does not answer.
async fn outage(redis: &mut RedisServer, number: u32, time: Duration) {
    let fault = auth_service::next_fault();
    sleep(time / 3).await;
    match number % 3 {
        0 => {
            redis.kill();
            sleep(time / 3).await;
            redis.restart();
        }
        1 => redis.restart_empty(),
        _ => {
            redis.pause();
            sleep(time / 3).await;
            redis.resume();
        }
    }
    println!("  (Redis: {}; auth service: {fault})", ["killed", "emptied", "stopped"][number as usize % 3]);
}

impl Program {
    fn start(path: &str, redis: &RedisServer, auth_service: &str) -> Self {
        let database = temporary("soak-production-database").join("database");
        let mut command = Command::new(path);
        command.env_clear().env("PORT", "0").env("RATE_LIMIT_MAX", "100000000");
        command.env("JWT_SECRET", SECRET).env("JWT_ISSUER", ISSUER).env("REDIS_URL", redis.url());
        command.env("DATABASE_URL", format!("sqlite://{}?mode=rwc", database.display()));
        command.env("AUTH_SERVICE_URL", auth_service);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let process = Process::new(child);
        let url = lines.find_map(|line| line.split_once("listening on ").map(|(_, url)| url.to_owned()));
        let url = url.expect("it says where it listens").split([';', ' ', '"']).next().unwrap().to_owned();
        // Read to the end, so that the program does not block.
        thread::spawn(move || lines.for_each(drop));
        let claims = json!({
            "iss": ISSUER, "aud": "production", "sub": "ann", "roles": ["operator"],
            "exp": unix_time().as_secs() + 24 * 3600,
        });
        let token = encode(&Header::default(), &claims, &EncodingKey::from_secret(SECRET.as_bytes())).unwrap();
        Self { process, load: Load { url, token, statuses: Default::default() } }
    }

    /// Measures the program, and prints a line.
    async fn print(&self, when: &str) -> Figures {
        let metrics = reqwest::Client::new().get(format!("{}/metrics", self.load.url)).bearer_auth(&self.load.token);
        let metrics = metrics.send().await.unwrap().text().await.unwrap();
        let tasks = metrics.lines().find_map(|line| line.strip_prefix("tokio_alive_tasks")).expect("the metric");
        let tasks: f64 = tasks.rsplit(' ').next().unwrap().parse().unwrap();
        let proc = format!("/proc/{}", self.process.id());
        let status = fs::read_to_string(format!("{proc}/status")).unwrap();
        let field = |name: &str| -> u64 {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.split_whitespace().next().unwrap().parse().unwrap()
        };
        let files = fs::read_dir(format!("{proc}/fd")).unwrap().count();
        let figures = Figures { memory_kib: field("VmRSS:"), files, threads: field("Threads:"), tasks: tasks as u64 };
        let Figures { memory_kib, files, threads, tasks } = figures;
        println!("{when:<34} {memory_kib:>10} {files:>6} {threads:>8} {tasks:>6}");
        figures
    }
}
