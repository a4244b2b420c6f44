//! Commands of operators to circuit breakers act on all processes, if that is switched on.

use std::time::Duration;

use http::StatusCode;
use routekit::{
    ManualClock,
    breaker::CircuitBreaker,
    cache::{Cache, RedisStore},
    config::Config,
    prelude::*,
    test::{TestApp, TestResponse},
};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use super::within;
use crate::{
    logs,
    support::{RedisServer, SECOND, TcpProxy, free_port},
};

const TOKEN: &str = "0123456789abcdef";

/// Longer than several questions for commands.
const SEVERAL_BEATS: Duration = Duration::from_millis(800);

#[get("/rb/{status}", breaker(name = "bank", failure_rate = 0.5))]
async fn bank(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap()
}

#[get("/rb-mail", breaker(name = "mail", failure_rate = 0.5))]
async fn mail() {}

fn config(redis: &str) -> Config {
    let toml = format!("admin_token = '{TOKEN}'\n[redis]\n{redis}");
    Config::builder().toml("routekit.toml", toml).build().unwrap_or_else(|error| panic!("{error}"))
}

fn settings(url: &str) -> String {
    format!("url = '{url}'\nprefix = 'shop'\nbudget = '250ms'\nbreaker_commands = true")
}

/// One process, as far as Redis is concerned, which is connected.
async fn process(url: &str) -> TestApp {
    let app = TestApp::new(App::with_routes(routes![bank, mail]).config(config(&settings(url))));
    within("a connection", async || {
        let stats = app.admin().get("/cache/stats").send().await.json::<Value>();
        stats["provider"]["status"] == "healthy"
    })
    .await;
    app
}

async fn command(app: &TestApp, name: &str, command: &'static str) -> TestResponse {
    let request = app.admin().put(&format!("/breakers/{name}")).body(command);
    request.header("authorization", &format!("Bearer {TOKEN}")).send().await
}

/// Commands, and expects that it is recorded.
async fn command_all(app: &TestApp, name: &str, text: &'static str) {
    let answer = command(app, name, text).await;
    let body: Value = answer.json();
    assert_eq!((answer.status(), &body["processes"]), (StatusCode::OK, &"all".into()), "{text}: {body}");
}

async fn mode(app: &TestApp, name: &str) -> String {
    let shown = app.admin().get(&format!("/breakers/{name}")).send().await.json::<Value>();
    shown["mode"].as_str().unwrap().to_owned()
}

async fn until_mode(app: &TestApp, name: &str, expected: &str) {
    within(expected, async || mode(app, name).await == expected).await;
}

#[tokio::test]
async fn command_to_one_process_acts_on_all() {
    let Some(server) = RedisServer::start("breakers", &[]) else { return };
    let (one, two) = (process(&server.url()).await, process(&server.url()).await);
    for (text, expected, status) in [
        ("force_open", "forced_open", 503),
        ("force_closed", "forced_closed", 200),
        ("disabled", "disabled", 200),
        ("metrics_only", "metrics_only", 200),
        ("force_open", "forced_open", 503),
        ("reset", "automatic", 200),
    ] {
        let start = super::now();
        command_all(&one, "bank", text).await;
        assert_eq!(mode(&one, "bank").await, expected, "at once in its own process");
        until_mode(&two, "bank", expected).await;
        let took = super::now() - start;
        // A quarter of a second, and what a busy machine adds.
        assert!(took < Duration::from_secs(2), "{text}: {took:?}");
        assert_eq!(two.get("/rb/200").send().await.status(), status, "{text}");
        assert_eq!(mode(&two, "mail").await, "automatic", "another breaker");
    }
}

#[tokio::test]
async fn process_that_starts_later_applies_the_last_commands() {
    let Some(server) = RedisServer::start("breakers-later", &[]) else { return };
    let one = process(&server.url()).await;
    command_all(&one, "bank", "disabled").await;
    command_all(&one, "bank", "force_open").await;
    command_all(&one, "mail", "force_open").await;
    command_all(&one, "mail", "reset").await;
    drop(one);
    let two = process(&server.url()).await;
    until_mode(&two, "bank", "forced_open").await;
    assert_eq!(mode(&two, "mail").await, "automatic");
}

/// Redis takes its time to answer.
#[tokio::test]
async fn process_that_starts_applies_commands_before_its_first_request() {
    let Some(server) = RedisServer::start("breakers-first", &[]) else { return };
    command_all(&process(&server.url()).await, "bank", "force_open").await;
    let proxy = TcpProxy::start(server.addr()).await;
    proxy.delay(Duration::from_millis(100));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let app = App::with_routes(routes![bank, mail]).config(config(&settings(&proxy.url())));
    let app = app.configure(|config| config.set_server_drain_delay(Duration::ZERO));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let served = tokio::spawn(app.serve_on(listener, async { drop(stopped.await) }));
    let mut stream = TcpStream::connect(addr).await.unwrap();
    let request = b"GET /rb/200 HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    drop(stop);
    served.await.unwrap().unwrap();
}

#[tokio::test]
async fn process_that_was_disconnected_applies_what_it_missed() {
    let Some(server) = RedisServer::start("breakers-missed", &[]) else { return };
    let proxy = TcpProxy::start(server.addr()).await;
    let (one, two) = (process(&server.url()).await, process(&proxy.url()).await);
    command_all(&one, "mail", "force_open").await;
    until_mode(&two, "mail", "forced_open").await;
    proxy.refuse(true);
    command_all(&one, "bank", "force_open").await;
    command_all(&one, "mail", "reset").await;
    tokio::time::sleep(SEVERAL_BEATS).await;
    assert_eq!([mode(&two, "bank").await, mode(&two, "mail").await], ["automatic", "forced_open"]);
    proxy.refuse(false);
    until_mode(&two, "bank", "forced_open").await;
    until_mode(&two, "mail", "automatic").await;
}

/// A reset also closes a breaker that was opened by its calls. The process of the command has none.
#[tokio::test]
async fn reset_closes_breakers_that_opened_by_themselves() {
    let Some(server) = RedisServer::start("breakers-reset", &[]) else { return };
    let (one, two) = (process(&server.url()).await, process(&server.url()).await);
    let state = async |app: &TestApp| {
        let shown = app.admin().get("/breakers/bank").send().await.json::<Value>();
        shown["state"].as_str().unwrap().to_owned()
    };
    for _ in 0..10 {
        two.get("/rb/500").send().await;
    }
    // Commands before it are no reason to reset it.
    command_all(&one, "mail", "force_open").await;
    until_mode(&two, "mail", "forced_open").await;
    assert_eq!([state(&one).await, state(&two).await], ["closed", "open"], "states are not shared");
    command_all(&one, "bank", "reset").await;
    within("the reset", async || state(&two).await == "closed").await;
    assert_eq!(two.get("/rb/200").send().await.status(), 200);
}

#[tokio::test]
async fn command_while_redis_is_away_acts_here_and_on_the_others_later() {
    let Some(mut server) = RedisServer::start("breakers-away", &[]) else { return };
    let (one, two) = (process(&server.url()).await, process(&server.url()).await);
    command_all(&one, "mail", "disabled").await;
    until_mode(&two, "mail", "disabled").await;
    server.kill();
    let mut answer = command(&one, "bank", "force_open").await;
    // The first one may find a connection that has just ended.
    for _ in 0..3 {
        assert_eq!(answer.status(), StatusCode::ACCEPTED, "{}", answer.text());
        answer = command(&one, "bank", "force_open").await;
    }
    let body: Value = answer.json();
    assert_eq!((&body["processes"], &body["mode"]), (&"this".into(), &"forced_open".into()), "{body}");
    assert!(body["detail"].as_str().unwrap().contains("the other processes get the command once"), "{body}");
    assert_eq!(one.get("/rb/200").send().await.status(), 503);
    assert_eq!(mode(&two, "bank").await, "automatic");
    // It has lost its data: what was commanded before stays, too.
    server.restart_empty();
    until_mode(&two, "bank", "forced_open").await;
    let three = process(&server.url()).await;
    until_mode(&three, "bank", "forced_open").await;
    until_mode(&three, "mail", "disabled").await;
    for app in [&one, &two] {
        assert_eq!(mode(app, "mail").await, "disabled");
    }
    command_all(&three, "bank", "reset").await;
    until_mode(&one, "bank", "automatic").await;
}

/// The client of a command may leave before Redis has answered.
#[tokio::test]
async fn command_that_is_given_up_reaches_the_others() {
    let Some(server) = RedisServer::start("breakers-given-up", &[]) else { return };
    let (one, two) = (process(&server.url()).await, process(&server.url()).await);
    command_all(&one, "mail", "force_open").await;
    until_mode(&two, "mail", "forced_open").await;
    server.pause();
    // A question for commands may hold it up for the budget.
    let given_up = tokio::time::timeout(Duration::from_millis(300), command(&one, "bank", "force_open")).await;
    assert!(given_up.is_err(), "Redis hangs");
    server.resume();
    until_mode(&two, "bank", "forced_open").await;
}

#[tokio::test]
async fn damaged_and_unknown_commands_are_ignored() {
    let Some(server) = RedisServer::start("breakers-damaged", &[]) else { return };
    let app = process(&server.url()).await;
    command_all(&app, "bank", "force_open").await;
    let future = "9000000000000000";
    for (name, value) in
        [("other", "1764000000000000forced_open"), ("mail", "x"), ("bank", ""), ("bank", &format!("{future}half_open"))]
    {
        server.run::<()>(&["HSET", "{shop}:breakers", name, value]);
        tokio::time::sleep(SEVERAL_BEATS / 2).await;
        assert_eq!(
            [mode(&app, "bank").await, mode(&app, "mail").await],
            ["forced_open", "automatic"],
            "{name} {value}"
        );
    }
    command_all(&app, "bank", "reset").await;
    server.run::<()>(&["DEL", "{shop}:breakers"]);
    server.run::<()>(&["SET", "{shop}:breakers", "text"]);
    command_all(&app, "bank", "disabled").await;
    until_mode(&process(&server.url()).await, "bank", "disabled").await;
}

/// Memory that is used up does not keep an operator from a command.
#[tokio::test]
async fn server_that_is_out_of_memory_takes_commands() {
    let Some(server) = RedisServer::start("breakers-full", &["--maxmemory-policy", "noeviction"]) else { return };
    let (one, two) = (process(&server.url()).await, process(&server.url()).await);
    command_all(&one, "mail", "reset").await;
    server.run::<()>(&["CONFIG", "SET", "maxmemory", "1"]);
    command_all(&one, "bank", "force_open").await;
    until_mode(&two, "bank", "forced_open").await;
}

#[tokio::test]
async fn commands_act_on_one_process_unless_it_is_switched_on() {
    let Some(server) = RedisServer::start("breakers-off", &[]) else { return };
    let off = settings(&server.url()).replace("breaker_commands = true", "");
    let local = TestApp::new(App::with_routes(routes![bank, mail]).config(config(&off)));
    let shared = process(&server.url()).await;
    let answer = command(&local, "bank", "force_open").await;
    assert_eq!((answer.status(), &answer.json::<Value>()["processes"]), (StatusCode::OK, &"this".into()));
    command_all(&shared, "bank", "disabled").await;
    tokio::time::sleep(SEVERAL_BEATS).await;
    assert_eq!([mode(&local, "bank").await, mode(&shared, "bank").await], ["forced_open", "disabled"]);
}

/// Breakers and stores of the program, in an app without an admin surface, as a router.
#[tokio::test]
async fn breakers_of_the_program_follow_as_long_as_they_exist() {
    let Some(server) = RedisServer::start("breakers-program", &[]) else { return };
    let operator = process(&server.url()).await;
    let breaker = CircuitBreaker::builder("bank").build().unwrap();
    let store = RedisStore::builder(server.url()).prefix("shop").budget(Duration::from_millis(250)).build().unwrap();
    let app = App::with_routes(routes![mail])
        .config(Config::builder().toml("routekit.toml", "redis.breaker_commands = true").build().unwrap())
        .configure(|config| config.set_admin_addr(routekit::config::AdminAddr::Off))
        .breaker(breaker.clone())
        .cache(Cache::builder().store(store));
    let router = app.into_router().unwrap();
    command_all(&operator, "bank", "force_open").await;
    within("the command", async || breaker.snapshot().mode == routekit::breaker::Mode::ForcedOpen).await;
    drop((router, operator));
    let clients = || server.run::<String>(&["CLIENT", "LIST"]).lines().count();
    drop(breaker);
    within("the end of all connections but that of the question", async || clients() == 1).await;
}

#[test]
fn each_command_of_another_process_is_one_line_of_the_log() {
    let (result, lines) = logs::caught(async {
        let mut server = RedisServer::start("breakers-log", &[])?;
        let (one, two) = (process(&server.url()).await, process(&server.url()).await);
        command_all(&one, "bank", "force_open").await;
        until_mode(&two, "bank", "forced_open").await;
        command_all(&one, "mail", "disabled").await;
        until_mode(&two, "mail", "disabled").await;
        tokio::time::sleep(SEVERAL_BEATS).await;
        server.kill();
        tokio::time::sleep(3 * SECOND).await;
        server.restart();
        tokio::time::sleep(3 * SECOND).await;
        Some(())
    });
    if result.is_none() {
        return;
    }
    let lines: Vec<String> = lines.into_iter().map(|line| line.fields.join(" ")).collect();
    let count = |text: &str| lines.iter().filter(|line| line.contains(text)).count();
    assert_eq!(count("a command to another process is applied"), 2, "{lines:#?}");
    assert_eq!(count("commands to circuit breakers act on one process"), 2, "one for each process: {lines:#?}");
    assert_eq!(count("commands to circuit breakers act on all processes again"), 2, "{lines:#?}");
    let audit = lines.iter().find(|line| line.contains("admin call")).unwrap();
    assert!(audit.contains("open, forced_open; in all processes"), "{audit}");
}

#[tokio::test]
async fn setting_needs_redis() {
    let error = |redis: &str| {
        let app = App::with_routes(routes![bank, mail]).config(config(redis));
        app.table().map(drop).unwrap_err().to_string()
    };
    let text = error("breaker_commands = true");
    for part in ["`redis.breaker_commands`", "has no effect, because `redis.url` is not set"] {
        assert!(text.contains(part), "no {part:?} in {text}");
    }
    let built = App::with_routes(routes![bank, mail]).config(config("breaker_commands = true")).cache(Cache::new());
    assert!(built.table().is_err(), "the cache of the program is not in Redis");
    let wrong = Config::builder().toml("routekit.toml", "redis.breaker_commands = 'all'").build().map(drop);
    assert!(wrong.unwrap_err().to_string().contains("redis.breaker_commands"));
}

/// Commands count as issued when they were, also if Redis was never there.
#[tokio::test]
async fn process_without_redis_obeys_its_operators() {
    let clock = ManualClock::new();
    let app = App::with_routes(routes![bank, mail]).config(config(&settings(&format!("redis://{}", free_port()))));
    let app = TestApp::builder(app).clock(clock.clock()).build();
    for (text, expected) in [("force_open", "forced_open"), ("reset", "automatic")] {
        assert_eq!(command(&app, "bank", text).await.status(), StatusCode::ACCEPTED);
        assert_eq!(mode(&app, "bank").await, expected);
    }
}
