//! Operators of the admin surface, and the audit line of each call that changes state.

use std::{convert::Infallible, time::Duration};

use http::request::Parts;
use routekit::{
    ManualClock,
    auth::{Verifier, VerifyError},
    config::{AdminAddr, Config, Secret},
    prelude::*,
    test::TestApp,
};
use serde_json::Value;

use crate::{
    auth::{Header, anybody, open},
    logs,
};

const TOKEN: &str = "0123456789abcdef";

fn operated(token: bool, role: bool) -> TestApp {
    let app = App::with_routes(routes![anybody]).verifier(Operator).configure(move |config| {
        config.set_admin_token(token.then(|| Secret::new(TOKEN)));
        config.set_admin_role(role.then(|| "operator".to_owned()));
    });
    TestApp::new(app).admin()
}

/// Identifies the user that `x-user` names, as an operator if the name begins with `op`.
struct Operator;

impl Verifier for Operator {
    async fn verify(&self, request: &Parts) -> Result<Option<Identity>, VerifyError> {
        let Some(user) = request.headers.get("x-user").map(|user| user.to_str().unwrap()) else { return Ok(None) };
        let user = user.replace("\\n", "\n");
        if user == "bad" {
            return Err(VerifyError::refused("it is bad"));
        }
        let operator = user.starts_with("op").then_some("operator");
        Ok(Some(Identity::new(user).with_roles(operator)))
    }
}

#[tokio::test]
async fn operator_role_replaces_the_token() {
    let change = async |app: &TestApp, header: (&str, &str)| {
        app.put("/access-log").body("all").header(header.0, header.1).send().await.status().as_u16()
    };
    let bearer = format!("Bearer {TOKEN}");
    let (token, anonymous) = (("authorization", bearer.as_str()), ("x-none", ""));
    let user = |name| ("x-user", name);
    for (name, app, header, expected) in [
        ("neither", operated(false, false), user("op"), 405),
        ("a token, and a role is brought", operated(true, false), user("op"), 401),
        ("a token", operated(true, false), token, 204),
        ("a role", operated(false, true), user("op"), 204),
        ("a role, without credentials", operated(false, true), anonymous, 401),
        ("a role, and a bad one comes", operated(false, true), user("bad"), 401),
        ("a role, and another comes", operated(false, true), user("ann"), 403),
        ("a role, and a token is brought", operated(false, true), token, 401),
        ("both, by token", operated(true, true), token, 204),
        ("both, by role", operated(true, true), user("op"), 204),
        ("both, by neither", operated(true, true), user("ann"), 403),
    ] {
        assert_eq!(change(&app, header).await, expected, "{name}");
        let mode = app.get("/access-log").send().await.json::<Value>()["mode"].clone();
        assert_eq!(mode, if expected == 204 { "all" } else { "errors" }, "{name}");
    }
    let app = operated(false, true);
    let by = async |who: Identity| app.put("/access-log").body("all").identity(&who).send().await.status().as_u16();
    assert_eq!(by(Identity::new("ann")).await, 403, "an identity that is in the request already counts");
    assert_eq!(by(Identity::new("ann").with_roles(["operator"])).await, 204);
    let wrong = App::with_routes(routes![open]).configure(|config| config.set_admin_role(Some(" ".to_owned())));
    let wrong = wrong.verifier(Header).config(Config::default()).into_router().unwrap_err().to_string();
    assert!(wrong.contains("`admin_role` (code) is ` `: must be the name of a role"), "{wrong}");
}

#[tokio::test]
async fn admin_surface_beside_a_closed_app_is_closed() {
    let app = |addr: AdminAddr, token: bool| {
        App::with_routes(routes![anybody]).verifier(Operator).require_auth().config(Config::default()).configure(
            move |config| {
                config.set_admin_addr(addr);
                config.set_admin_token(token.then(|| Secret::new(TOKEN)));
            },
        )
    };
    let main = TestApp::new(app(AdminAddr::Main, true));
    for path in ["/metrics", "/routes", "/readiness", "/access-log", "/cache/stats"] {
        assert_eq!(main.get(path).send().await.status(), 401, "{path}");
        assert_eq!(main.get(path).header("x-user", "ann").send().await.status(), 401, "{path} for another user");
        let operator = main.get(path).header("authorization", &format!("Bearer {TOKEN}"));
        assert_eq!(operator.send().await.status(), 200, "{path} for an operator");
    }
    assert_eq!(main.put("/access-log").body("all").send().await.status(), 401);
    let put = main.put("/access-log").body("all").header("authorization", &format!("Bearer {TOKEN}"));
    assert_eq!(put.send().await.status(), 204);
    let apart = TestApp::new(app(AdminAddr::Own(([127, 0, 0, 1], 0).into()), false)).admin();
    assert_eq!(apart.get("/routes").send().await.status(), 200, "on its own listener it is open");
    let error = app(AdminAddr::Main, false).into_router().unwrap_err().to_string();
    assert!(error.contains("`admin_addr` (code) is `main`: with `.require_auth()`"), "{error}");
}

/// Panics, or never ends.
struct Broken;

impl Verifier for Broken {
    async fn verify(&self, request: &Parts) -> Result<Option<Identity>, VerifyError> {
        assert!(!request.headers.contains_key("x-panic"), "this verifier is broken");
        std::future::pending().await
    }
}

#[test]
fn call_that_ends_early_is_audited() {
    let admin = || {
        let app = App::with_routes(routes![anybody]).verifier(Broken).configure(|config| {
            config.set_admin_token(Some(Secret::new(TOKEN)));
            config.set_admin_role(Some("operator".to_owned()));
        });
        TestApp::new(app).admin()
    };
    let endless = || axum::body::Body::from_stream(futures_util::stream::pending::<Result<bytes::Bytes, Infallible>>());
    let bearer = format!("Bearer {TOKEN}");
    for (name, header, seconds, expected) in [
        ("the verifier panics", ("x-panic", ""), 60, &["actor=\"anonymous\""] as &[_]),
        ("the client leaves while it is verified", ("x-none", ""), 1, &["actor=\"anonymous\""]),
        ("the client leaves while it sends", ("authorization", &bearer), 1, &["actor=\"token\""]),
        ("the client sends for ever", ("authorization", &bearer), 60, &["actor=\"token\"", "status=504"]),
    ] {
        let (_, lines) = logs::caught(async {
            tokio::time::pause();
            let call = admin().put("/access-log").body(endless()).header(header.0, header.1).send();
            tokio::time::timeout(Duration::from_secs(seconds), call).await.is_ok()
        });
        let audit: Vec<_> = lines.iter().filter(|line| line.of == "routekit::audit").collect();
        assert_eq!(audit.len(), 1, "{name}: {lines:?}");
        for field in expected {
            assert!(audit[0].fields.iter().any(|has| has == field), "{name}: {field} in {audit:?}");
        }
    }
}

#[test]
fn each_call_is_audited_once() {
    let bearer = format!("Bearer {TOKEN}");
    let rows: [(&str, (&str, &str), &str, &[&str]); 5] = [
        (
            "by token",
            ("authorization", &bearer),
            "all",
            &[
                "actor=\"token\"",
                "client=127.0.0.1:0",
                "method=PUT",
                "path=\"/access-log\"",
                "status=204",
                "before=\"errors\"",
                "after=\"all\"",
            ],
        ),
        ("by role", ("x-user", "op"), "all", &["actor=\"identity\"", "sub=op", "status=204"]),
        (
            "a name with a line break",
            ("x-user", "op\\nactor=token"),
            "all",
            &["actor=\"identity\"", "sub=op\\nactor=token", "status=204"],
        ),
        ("no credentials", ("x-none", ""), "all", &["actor=\"anonymous\"", "status=401"]),
        ("no such mode", ("authorization", &bearer), "hunter2", &["actor=\"token\"", "status=422"]),
    ];
    for (name, header, body, expected) in rows {
        let (_, lines) = logs::caught(async {
            operated(true, true).put("/access-log").body(body.to_owned()).header(header.0, header.1).send().await
        });
        let audit: Vec<_> = lines.iter().filter(|line| line.of == "routekit::audit").collect();
        assert_eq!(audit.len(), 1, "{name}: {lines:?}");
        for field in expected {
            assert!(audit[0].fields.iter().any(|has| has == field), "{name}: {field} in {audit:?}");
        }
        assert!(
            !format!("{lines:?}").contains(TOKEN) && !format!("{lines:?}").contains("hunter2"),
            "{name}: {lines:?}"
        );
    }
    let (_, lines) = logs::caught(async { operated(true, true).get("/access-log").send().await });
    assert!(lines.iter().all(|line| line.of != "routekit::audit"), "reading changes nothing");
}

/// Sends a change of the access log with this token.
async fn change_with(app: &TestApp, token: &str) -> (u16, Duration) {
    let start = tokio::time::Instant::now();
    let request = app.put("/access-log").body("all").header("authorization", &format!("Bearer {token}"));
    (request.send().await.status().as_u16(), start.elapsed())
}

#[test]
fn wrong_tokens_after_ten_wait_and_are_logged_once_a_second() {
    const AT_ONCE: Duration = Duration::ZERO;
    const WAITED: Duration = Duration::from_secs(1);
    let clock = ManualClock::new();
    let time = clock.clone();
    let (_, lines) = logs::caught_on_paused_time(async move {
        let app = App::with_routes(routes![open]).configure(|config| config.set_admin_token(Some(Secret::new(TOKEN))));
        let app = TestApp::builder(app).clock(time.clock()).build().admin();
        for number in 1..=10 {
            assert_eq!(change_with(&app, "a wrong token").await, (401, AT_ONCE), "number {number}");
        }
        for _ in 0..5 {
            assert_eq!(change_with(&app, "a wrong token").await, (401, WAITED));
        }
        assert_eq!(change_with(&app, TOKEN).await, (204, WAITED), "its time does not give it away");
        let without = app.put("/access-log").body("all").send().await;
        assert_eq!(without.status(), 401, "a request without a token does not wait");
        time.advance(Duration::from_secs(1));
        assert_eq!(change_with(&app, "a wrong token").await, (401, WAITED));
        time.advance(Duration::from_secs(20));
        assert_eq!(change_with(&app, TOKEN).await, (204, AT_ONCE), "the wrong ones are forgotten");
    });
    let audit = || lines.iter().filter(|line| line.of == "routekit::audit");
    let is_summary = |line: &&logs::Line| line.fields.iter().any(|field| field == "message=wrong admin tokens");
    let count = |line: &'_ logs::Line| line.fields.iter().find(|field| field.starts_with("count=")).cloned();
    let counts: Vec<String> = audit().filter(is_summary).filter_map(count).collect();
    assert_eq!(counts, ["count=1", "count=5"], "one event for each second");
    let calls = audit().filter(|line| !is_summary(line)).count();
    assert_eq!(calls, 13, "ten wrong tokens, the right one twice, and no token");
    assert!(!format!("{lines:?}").contains("a wrong token"), "{lines:?}");
}

#[tokio::test(start_paused = true)]
async fn wrong_tokens_of_readers_are_counted_too() {
    let app = App::with_routes(routes![anybody]).verifier(Operator).require_auth().configure(|config| {
        config.set_admin_addr(AdminAddr::Main);
        config.set_admin_token(Some(Secret::new(TOKEN)));
    });
    let app = TestApp::new(app);
    let start = tokio::time::Instant::now();
    for _ in 0..11 {
        let read = app.get("/metrics").header("authorization", "Bearer wrong").send().await;
        assert_eq!(read.status(), 401);
    }
    assert_eq!(start.elapsed(), Duration::from_secs(1), "the eleventh waits");
}
