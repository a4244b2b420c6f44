//! What an operator got wrong is an error when the app starts, and an absent server is none.

use std::future::ready;

use routekit::{cache::RedisStore, config::Config, prelude::*};
use tokio::net::TcpListener;

use super::{Node, item};
use crate::support::{RedisServer, free_port, output_of, test_as_program};

/// Starts an app with this configuration, and stops it. The error is its text.
pub(super) async fn start(toml: &str) -> Result<(), String> {
    let toml = format!("admin_addr = 'off'\nserver.drain_delay = '0s'\n{toml}");
    let config = Config::builder().toml("routekit.toml", &toml).build().unwrap();
    let app = App::with_routes(routes![item]).config(config).provide(super::World::default());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    // Boxed: tests start several apps on the small stack of their thread.
    Box::pin(app.serve_on(listener, ready(()))).await.map_err(|error| error.to_string())
}

/// Starts an app whose error must name the setting and say what is wrong, and must not contain the password.
pub(super) async fn refused(toml: &str, expected: &[&str]) {
    let error = start(toml).await.expect_err(toml);
    for part in expected {
        assert!(error.contains(part), "{toml}: no {part:?} in\n{error}");
    }
    assert!(!error.contains("hunter2"), "{toml}:\n{error}");
}

#[tokio::test]
async fn settings_that_cannot_be_used_are_startup_errors() {
    for (toml, expected) in [
        ("redis.url = 'http://hunter2@localhost'", &["`redis.url` in routekit.toml", "redis://HOST:PORT"][..]),
        ("redis.url = 'localhost:6379'", &["`redis.url`", "redis://HOST:PORT"]),
        ("redis.url = 'redis://:hunter2@localhost:99999'", &["`redis.url`"]),
        ("redis.url = 'http://localhost'", &["`redis.url`", "`http://` is not supported"]),
        ("redis.url = 'redis://:hunter2#a@localhost'", &["`redis.url`", "percent-encode", "`redis.password`"]),
        ("redis.url = 'redis://localhost/cache'", &["`redis.url`", "number of a database"]),
        ("redis.url = 'redis://localhost'\nredis.prefix = 'a{b'", &["`redis.prefix`", "`a{b`"]),
        ("redis.url = 'redis://localhost'\nredis.budget = '1s'", &["`redis.budget`", "250 ms"]),
        ("redis.url = 'redis://localhost'\nredis.horizon = '2000h'", &["`redis.horizon`", "30 days"]),
        ("redis.url = 'redis://localhost'\nredis.username = 'shop'", &["`redis.username`", "needs a password"]),
        ("redis.url = 'redis://localhost'\nredis.lease = '50ms'", &["`redis.lease`", "between 100 ms and a minute"]),
        ("redis.lease = '1s'", &["`redis.lease`", "`redis.url` is not set"]),
        ("redis.prefix = 'shop'", &["`redis.prefix`", "`redis.url` is not set"]),
    ] {
        refused(toml, expected).await;
    }
}

#[tokio::test]
async fn wrong_password_is_a_startup_error() {
    let Some(server) = RedisServer::start("password", &["--requirepass", "correct"]) else { return };
    let addr = server.addr();
    let refuses = "refuses the user or the password";
    refused(&format!("redis.url = 'redis://:hunter2@{addr}'"), &["`redis.url`", refuses]).await;
    refused(&format!("redis.url = 'redis://{addr}'\nredis.password = 'hunter2'"), &["`redis.password`", refuses]).await;
    let needed = ["`redis.url`", "needs a password", "ROUTEKIT_REDIS_PASSWORD"];
    refused(&format!("redis.url = 'redis://{addr}'"), &needed).await;
    refused(&format!("redis.url = 'redis://someone:hunter2@{addr}'"), &["`redis.url`", refuses]).await;
    start(&format!("redis.url = 'redis://{addr}'\nredis.password = 'correct'")).await.unwrap();
    let node = Node::new(&format!("redis://:correct@{addr}"), &Default::default());
    node.until_hit(1).await;
}

#[tokio::test]
async fn database_that_the_server_does_not_have_is_a_startup_error() {
    let Some(server) = RedisServer::start("database", &["--databases", "4"]) else { return };
    let url = server.url();
    refused(&format!("redis.url = '{url}/4'"), &["`redis.url`", "does not have the database"]).await;
    start(&format!("redis.url = '{url}/3'")).await.unwrap();
    let node = Node::new(&format!("{url}/3"), &Default::default());
    node.until_hit(1).await;
    let keys: Vec<String> = server.run(&["KEYS", "*"]);
    assert!(keys.is_empty(), "they are in the other database: {keys:?}");
}

#[tokio::test]
async fn port_without_tls_is_an_error_that_says_what_to_write() {
    let Some(server) = RedisServer::start("no-tls", &[]) else { return };
    let toml = format!("redis.url = 'rediss://{}'\nredis.required = true", server.addr());
    refused(&toml, &["`redis.url`", "for a port without TLS, write `redis://`"]).await;
}

/// The variable of the program that writes a log.
const PROGRAM: &str = "TEST_REDIS_START";

#[tokio::test]
async fn starts_with_and_without_a_prefix() {
    if std::env::var_os(PROGRAM).is_none() {
        return;
    }
    tracing_subscriber::fmt().with_ansi(false).with_writer(std::io::stdout).init();
    let addr = free_port();
    start(&format!("redis.url = 'redis://:hunter2@{addr}'")).await.unwrap();
    start(&format!("redis.url = 'redis://{addr}'\nredis.prefix = 'shop'")).await.unwrap();
    start("").await.unwrap();
}

#[test]
fn start_tells_where_the_cache_is_and_warns_of_the_default_prefix() {
    let mut program = test_as_program("redis::startup::starts_with_and_without_a_prefix");
    let log = output_of(program.env(PROGRAM, "1").env_remove("RUST_LOG").env_remove("REDIS_URL"));
    let lines = |text: &str| log.lines().filter(|line| line.contains(text)).count();
    assert_eq!(lines("cache in redis://127.0.0.1:"), 2, "{log}");
    assert_eq!((lines(", prefix `routekit`"), lines(", prefix `shop`")), (1, 1), "{log}");
    assert_eq!(lines("`redis.prefix` is not set"), 1, "{log}");
    assert!(!log.contains("hunter2"), "{log}");
}

/// The rule of the guide is enough, and with less, the app does not start.
#[tokio::test]
async fn user_without_a_permission_is_a_startup_error() {
    let Some(server) = RedisServer::start("acl", &[]) else { return };
    let guide = include_str!("../../../routekit/docs/redis.md");
    let rule = guide.split("```text\n").nth(1).unwrap().split("```").next().unwrap();
    let rule = rule.replace(">PASSWORD", ">correct");
    let rule: Vec<&str> = rule.split_whitespace().skip(2).collect();
    let set = |user: &str, without: &str| {
        let rule = rule.iter().copied().filter(|part| *part != without);
        let command: Vec<&str> = ["ACL", "SETUSER", user].into_iter().chain(rule).collect();
        server.run::<()>(&command);
    };
    set("shop", "");
    let toml = |user: &str| {
        let addr = server.addr();
        format!(
            "redis.url = 'redis://{addr}'\nredis.username = '{user}'\nredis.password = 'correct'\n\
                 redis.prefix = 'shop'"
        )
    };
    start(&toml("shop")).await.unwrap();
    let store = RedisStore::builder(server.url()).username("shop").password("correct").prefix("shop");
    let node = Node::of(store.build().unwrap(), &Default::default());
    node.until_hit(1).await;
    node.change(1).await;
    node.until_hit(1).await;
    node.cache.invalidate_pattern("/redis/*m/1").await.unwrap();
    node.cache.clear().await.unwrap();
    node.until_hit(1).await;
    for part in ["+info", "+script|load"] {
        set("less", part);
        refused(&toml("less"), &["`redis.password`", "does not let the user run a command"]).await;
        server.run::<()>(&["ACL", "DELUSER", "less"]);
    }
}

#[tokio::test]
async fn absent_server_is_a_startup_error_if_it_is_required() {
    let addr = free_port();
    start(&format!("redis.url = 'redis://{addr}'")).await.unwrap();
    let required = format!("redis.url = 'redis://{addr}'\nredis.required = true");
    refused(&required, &["`redis.url`", "cannot be reached", "required"]).await;
    let Some(server) = RedisServer::start("required", &[]) else { return };
    start(&format!("redis.url = '{}'\nredis.required = true", server.url())).await.unwrap();
}
