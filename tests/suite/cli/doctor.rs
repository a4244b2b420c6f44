use std::{net::TcpListener, process::ExitCode};

use clap::Parser;
use routekit::{
    App,
    cli::Cli,
    config::Config,
    health::{HealthCheck, HealthCheckResult},
    prelude::*,
};

use super::{run, shop};
use crate::support::{RedisServer, free_port, output_of, test_as_program};

#[test]
fn healthy_machine_has_no_problems() {
    let free = free_port().to_string();
    let ran = shop(&["doctor"]).env("ROUTEKIT_ADDR", &free).env("ROUTEKIT_ADMIN_ADDR", "off").output().unwrap();
    let text = String::from_utf8(ran.stdout).unwrap();
    assert_eq!(ran.status.code(), Some(0), "{text}");
    assert!(text.starts_with("ok       configuration  routes: 1 from shop_billing, 1 from shop_orders\n"), "{text}");
    assert!(text.contains(&format!("ok       address        {free} is free: ROUTEKIT_ADDR\n")), "{text}");
    assert!(text.contains("open files     "), "{text}");
    assert!(text.contains("ok       time           20"), "{text}");
}

#[test]
fn taken_port_and_wrong_configuration_are_problems() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap().to_string();
    let ran = shop(&["doctor"]).env("ROUTEKIT_ADDR", &addr).output().unwrap();
    let text = String::from_utf8(ran.stdout).unwrap();
    assert_eq!(ran.status.code(), Some(1), "{text}");
    assert!(text.contains(&format!("problem  address        cannot listen on {addr}: ")), "{text}");
    let free = free_port();
    let (all, one) = (format!("0.0.0.0:{}", free.port()), free.to_string());
    let ran = shop(&["doctor"]).env("ROUTEKIT_ADDR", &all).env("ROUTEKIT_ADMIN_ADDR", &one).output().unwrap();
    let text = String::from_utf8(ran.stdout).unwrap();
    assert_eq!(ran.status.code(), Some(1), "{text}");
    assert!(text.contains(&format!("cannot listen on {one}: `addr` has it: ROUTEKIT_ADMIN_ADDR")), "{text}");
    let ran = shop(&["doctor"]).env("ROUTEKIT_ADDR", "here").output().unwrap();
    let text = String::from_utf8(ran.stdout).unwrap();
    assert_eq!(ran.status.code(), Some(1), "{text}");
    assert!(text.starts_with("problem  configuration  ROUTEKIT_ADDR is `here`"), "{text}");
    assert_eq!(run(&["doctor", "--bogus"]).status, Some(2));
}

const REDIS: &str = "ROUTEKIT_TEST_DOCTOR_REDIS";

#[get("/doctor")]
async fn route() {}

#[test]
fn redis_and_health_checks_are_examined() {
    let Some(redis) = RedisServer::start("cli-doctor", &[]) else { return };
    let text = output_of(test_as_program("cli::doctor::program").env(REDIS, redis.url()));
    assert!(text.contains("ok       redis          cache in redis://127.0.0.1"), "{text}");
    assert!(text.contains("warning  redis          `redis.prefix` is not set"), "{text}");
    assert!(text.contains("warning  health         mail: slow"), "{text}");
    // After the server is gone.
    assert!(text.contains("warning  redis          cache in redis://127.0.0.1:1, prefix `routekit`: "), "{text}");
    assert!(text.contains("problem  health         mail: away"), "{text}");
}

#[tokio::test]
async fn program() {
    let Ok(url) = std::env::var(REDIS) else { return };
    let app = |url: &str, result: HealthCheckResult| {
        let config = Config::builder()
            .variable("REDIS_URL", url)
            .variable("ROUTEKIT_ADDR", "127.0.0.1:0")
            .variable("ROUTEKIT_ADMIN_ADDR", "off");
        let check = HealthCheck::new("mail", async move || result.clone());
        App::with_routes(routes![route]).config(config.build().unwrap()).health(check)
    };
    let doctor = |arguments: &[&str]| Cli::try_parse_from([&["program", "doctor"], arguments].concat()).unwrap();
    let slow = || HealthCheckResult::degraded("slow");
    assert_eq!(doctor(&[]).run(app(&url, slow())).await, ExitCode::SUCCESS);
    assert_eq!(doctor(&["--deny-warnings"]).run(app(&url, slow())).await, ExitCode::from(1));
    let away = HealthCheckResult::unhealthy("away");
    assert_eq!(doctor(&[]).run(app("redis://127.0.0.1:1", away)).await, ExitCode::from(1));
}
