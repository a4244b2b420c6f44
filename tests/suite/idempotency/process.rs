//! A process that is killed while a hundred clients repeat one request.

use std::{
    collections::BTreeSet,
    fs::{self, OpenOptions},
    io::Write,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use routekit::{cache::Cache, config::AdminAddr, prelude::*};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

use super::{KEY, file_store::FileStore};
use crate::support::{Process, free_port, temporary, test_as_program, until};

const PROGRAM: &str = "TEST_IDEMPOTENT_PROGRAM";

/// The directory of the program.
struct Dir(PathBuf);

/// Notes that it runs, and answers with a number that no other run has.
#[post("/pay", idempotent)]
async fn pay(dir: Dep<Dir>) -> String {
    note(&dir.0, "began");
    tokio::time::sleep(Duration::from_millis(500)).await;
    note(&dir.0, "ended");
    format!("paid {:x}", fastrand::u128(..))
}

fn note(dir: &Path, what: &str) {
    let mut file = OpenOptions::new().create(true).append(true).open(dir.join(what)).unwrap();
    file.write_all(b"x").unwrap();
}

fn count(dir: &Path, what: &str) -> usize {
    fs::read(dir.join(what)).map_or(0, |notes| notes.len())
}

#[test]
fn runs_as_a_process() {
    let Some(dir) = std::env::var_os(PROGRAM).map(PathBuf::from) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let cache = Cache::builder().store(FileStore::new(&dir.join("store")));
    let app = App::with_routes(routes![pay]).cache(cache).provide(Dir(dir)).configure(|config| {
        config.set_admin_addr(AdminAddr::Off);
        config.set_idempotency_lease(Duration::from_secs(2));
    });
    runtime.block_on(app.serve()).unwrap();
}

fn start(dir: &Path, addr: SocketAddr) -> Process {
    let mut command = test_as_program("idempotency::process::runs_as_a_process");
    command.env(PROGRAM, dir).env("ROUTEKIT_ADDR", addr.to_string()).env_remove("RUST_LOG");
    command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    Process::new(command.spawn().unwrap())
}

/// Repeats one request until it is answered.
async fn paid(addr: SocketAddr) -> String {
    loop {
        if let Ok(answer) = attempt(addr).await
            && answer.starts_with("HTTP/1.1 200")
            && let Some((_, body)) = answer.split_once("\r\n\r\n")
            && body.starts_with("paid ")
        {
            return body.to_owned();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn attempt(addr: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(addr).await?;
    let request = format!(
        "POST /pay HTTP/1.1\r\nhost: shop\r\nconnection: close\r\nidempotency-key: {KEY}\r\ncontent-length: 0\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

/// The answers of a hundred clients, and how often the handler began.
async fn killed_when(name: &str, is_time: impl Fn(&Path) -> bool) -> (BTreeSet<String>, usize) {
    let (dir, addr) = (temporary(name), free_port());
    let process = start(&dir, addr);
    let mut clients = JoinSet::new();
    for _ in 0..100 {
        clients.spawn(paid(addr));
    }
    until("the handler", || is_time(&dir)).await;
    // SIGKILL.
    drop(process);
    let _restarted = start(&dir, addr);
    let answers = tokio::time::timeout(Duration::from_secs(60), clients.join_all()).await.unwrap();
    let mut answers: BTreeSet<String> = answers.into_iter().collect();
    // After everything, too.
    answers.insert(paid(addr).await);
    (answers, count(&dir, "began"))
}

#[tokio::test]
async fn process_that_is_killed_in_its_handler_runs_it_twice_and_has_one_answer() {
    let (answers, runs) = killed_when("idempotency-killed", |dir| count(dir, "began") > 0).await;
    assert_eq!((answers.len(), runs), (1, 2), "{answers:?}");
}

#[tokio::test]
async fn process_that_is_killed_around_its_answer_runs_it_at_most_twice_and_has_one_answer() {
    let (answers, runs) = killed_when("idempotency-answered", |dir| count(dir, "ended") > 0).await;
    assert!(answers.len() == 1 && (1..=2).contains(&runs), "{answers:?} {runs}");
}
