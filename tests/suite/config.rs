//! Configuration: sources, errors and overrides of routes.

use std::time::Duration;

use routekit::{
    config::{AdminAddr, Config, Origin},
    prelude::*,
    test::TestApp,
};

use crate::logs;

#[get("/c/slow/{id}", timeout = "1h")]
async fn slow(id: u32) -> String {
    tokio::time::sleep(Duration::from_secs(60)).await;
    id.to_string()
}

#[post("/c/body")]
async fn body(body: String) -> String {
    body
}

fn problems(built: Result<Config, routekit::Error>) -> Vec<String> {
    built.unwrap_err().problems().iter().map(ToString::to_string).collect()
}

#[test]
fn later_sources_win_and_are_named() {
    let config = Config::builder()
        .toml("routekit.toml", "addr = '127.0.0.1:1'\ntimeout = 3\nslow = 'off'\n")
        .variable("ROUTEKIT_ADDR", "127.0.0.1:2")
        .variable("ROUTEKIT_DURATION_BUCKETS", "0.5, 1")
        .variable("ROUTEKIT_LOG_FORMAT", "json")
        .variable("PATH", "/bin")
        .build()
        .unwrap();
    assert_eq!((config.addr().port(), config.addr().origin()), (2, &Origin::Variable("ROUTEKIT_ADDR".to_owned())));
    assert_eq!(**config.timeout(), Some(Duration::from_secs(3)));
    assert_eq!(config.timeout().origin(), &Origin::File("routekit.toml".to_owned()));
    assert_eq!(**config.slow(), None);
    assert_eq!(**config.duration_buckets(), [0.5, 1.0]);
    assert_eq!(config.admin_addr().origin(), &Origin::Default);
}

#[test]
fn every_error_is_reported_with_its_source() {
    let built = Config::builder()
        .toml("a.toml", "timeout = '5x'\nadress = 1\nbody_limit = { max = 3 }\nroute = 3\n")
        .toml("b.toml", "[route.'GET /x']\ntimeout = '1s'\nttl = 3\nbody_limit = 0\n")
        .toml("c.toml", "addr = \n")
        .variable("ROUTEKIT_TIMEOTU", "5s")
        .variable("ROUTEKIT_ACCESS_LOG", "some")
        .build();
    let expected = [
        "`adress` in a.toml: there is no such setting",
        "`body_limit` in a.toml is a table, and one value belongs there; write `body_limit = …`",
        "`route` in a.toml is `3`: a route is set by a table",
        "`timeout` in a.toml is `5x`: not a duration",
        "`route.\"GET /x\".body_limit` in b.toml is `0`: not a size",
        "`route.\"GET /x\".ttl` in b.toml: there is no such setting",
        "c.toml cannot be read: TOML parse error at line 1",
        "ROUTEKIT_ACCESS_LOG is `some`: not one of `all`, `errors`, `off`",
        "ROUTEKIT_TIMEOTU: there is no such setting; did you mean `ROUTEKIT_TIMEOUT`?",
    ];
    let problems = problems(built);
    assert_eq!(problems.len(), expected.len(), "{problems:#?}");
    for (problem, expected) in problems.iter().zip(expected) {
        assert!(problem.starts_with(expected), "{problem}\n{expected}");
    }
}

#[test]
fn every_mistake_of_a_list_is_reported() {
    for (name, value, mistakes) in [
        ("DURATION_BUCKETS", "0.5, x, 1, y", ["`x` is not a number", "`y` is not a number"]),
        ("SENSITIVE_HEADERS", "a b,x-session,c d", ["`a b` is not a header name", "`c d` is not a header name"]),
        ("TRUSTED_PROXIES", "10.0.0.1/8,unix,nowhere", ["`10.0.0.1/8`", "`nowhere`"]),
        ("RATE_LIMIT_DEFAULT", "1/x,5/s,0/s", ["`1/x` is", "`0/s` is"]),
        ("RATE_LIMIT_DEFAULT", "5/s,6/s,7/s name=a,8/s name=a", ["are named `ip`", "are named `a`"]),
        ("CORS_METHODS", "GET,A B,C D", ["`A B` is not a method", "`C D` is not a method"]),
        ("CORS_HEADERS", "a b,x-one,c d", ["`a b` is not a header name", "`c d` is not a header name"]),
    ] {
        let problems = problems(Config::builder().variable(format!("ROUTEKIT_{name}"), value).build());
        let [problem] = problems.as_slice() else { panic!("{name}: {problems:?}") };
        assert!(problem.starts_with(&format!("ROUTEKIT_{name} is `{value}`: 2 mistakes\n")), "{problem}");
        assert!(mistakes.iter().all(|mistake| problem.contains(mistake)), "{problem}");
    }
    let origins = Config::builder().variable("ROUTEKIT_CSRF_ORIGINS", "a.example,https://b.example/x").build().unwrap();
    let error = App::with_routes(routes![body]).config(origins).into_router().unwrap_err().to_string();
    assert!(error.contains("`a.example` has no scheme") && error.contains("`https://b.example/x` has more"), "{error}");
    let proxies = App::with_routes(routes![body]).config(Config::default()).trusted_proxies(["10.0.0.1/8", "nowhere"]);
    let error = proxies.into_router().unwrap_err().to_string();
    assert!(error.contains("`10.0.0.1/8`") && error.contains("`nowhere`"), "{error}");
}

#[test]
fn invalid_values_are_startup_errors() {
    let app = App::with_routes(routes![body]).config(Config::default()).configure(|config| {
        config.set_timeout(Some(Duration::ZERO));
        config.set_duration_buckets(vec![2.0, 1.0]);
        config.set_admin_token(Some(routekit::config::Secret::new("short-secret")));
    });
    let error = app.into_router().unwrap_err();
    let text = error.to_string();
    for part in ["`timeout` (code) is `0ns`", "`duration_buckets` (code) is `2, 1`", "shorter than 16 characters"] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert!(!text.contains("short-secret"), "{text}");
}

#[test]
fn malformed_files_and_variables_are_errors() {
    let rows = [
        ("timeout = ['5s']", "`timeout` in f.toml is a list, and one value belongs there; write `timeout = …`"),
        ("[timeout]\nread = '5s'", "`timeout` in f.toml is a table, and one value belongs there; write `timeout = …`"),
        (
            "[cache.max_bytes]\nlimit = 1",
            "`cache.max_bytes` in f.toml is a table, and one value belongs there; write `max_bytes = …`",
        ),
        (
            "[route.'GET /x'.timeout]\nread = 1",
            "`route.\"GET /x\".timeout` in f.toml is a table, and one value belongs there; write `timeout = …`",
        ),
        (
            "[admin]\naddr = 'off'\nrole = 'ops'",
            "`admin` in f.toml: there is no such setting; it is no table: write `admin_addr = …` and `admin_role = …` \
             above the first table",
        ),
        (
            "[cache]\ntimeout = '5s'",
            "`cache.timeout` in f.toml: there is no such setting; `timeout` is a setting of the app: write it above",
        ),
        (
            "[route.'GET /x']\naccess_log = 'off'",
            "`route.\"GET /x\".access_log` in f.toml: there is no such setting; `access_log` is a setting of the app",
        ),
        ("[cach]\nttl = 3", "`cach` in f.toml: there is no such setting; did you mean `[cache]`?"),
        ("[routes.'GET /x']\ntimeout = 3", "`routes` in f.toml: there is no such setting; did you mean `[route]`?"),
        (
            "max_bytes = 3",
            "`max_bytes` in f.toml: there is no such setting; `max_bytes` is a setting of the cache: write it in \
             `[cache]`",
        ),
        (
            "cache_ttl = 3",
            "`cache_ttl` in f.toml: there is no such setting; `cache_ttl` is a setting of one route: write it in a \
             table such as `[route.\"GET /users\"]`",
        ),
        (
            "'cache.max_bytes' = 3",
            "`\"cache.max_bytes\"` in f.toml: there is no such setting; without the quotes it is `max_bytes` in \
             `[cache]`",
        ),
        ("addr = ['x']", "`addr` in f.toml is a list, and one value belongs there; write `addr = …`"),
        ("'timeout[3]' = 5", "`timeout[3]` in f.toml: there is no such setting"),
        ("'timeout[99999999999]' = 5", "`timeout[99999999999]` in f.toml: there is no such setting"),
        ("timeout = 1\ntimeout = 2", "f.toml cannot be read: TOML parse error at line 2"),
    ];
    for (text, expected) in rows {
        let problems = problems(Config::builder().toml("f.toml", text).build());
        assert!(problems[0].starts_with(expected), "{problems:?}\n{expected}");
    }
    let built = Config::builder().variable("ROUTEKIT_timeout", "1s").variable("ROUTEKIT_TIMEOUT", "2s").build();
    assert!(
        problems(built)[0].starts_with("ROUTEKIT_timeout: there is no such setting; did you mean `ROUTEKIT_TIMEOUT`?")
    );
    let problems = problems(Config::builder().variable("ROUTEKIT_LOG_FROMAT", "json").build());
    assert!(problems[0].contains("did you mean `ROUTEKIT_LOG_FORMAT`?"), "{problems:?}");
}

#[test]
fn unreadable_file_error_shows_no_secret() {
    for line in ["admin_token = supersecrettoken1234", "admin_token = 'supersecrettoken1234"] {
        let builder = Config::builder().toml("f.toml", line).variable("ROUTEKIT_ADMIN_TOKEN", "supersecrettoken1234");
        assert!(!format!("{builder:?}").contains("supersecret"));
        let problems = problems(builder.build()).concat();
        assert!(problems.contains("line 1") && !problems.contains("supersecret"), "{problems}");
    }
}

#[test]
fn secrets_are_not_printed() {
    let secret = "a-token-that-is-long-enough";
    let config = Config::builder().variable("ROUTEKIT_ADMIN_TOKEN", secret).build().unwrap();
    for text in [format!("{config}"), format!("{config:?}")] {
        assert!(!text.contains(secret), "{text}");
        assert!(text.contains("(secret)"), "{text}");
    }
    assert!(format!("{config}").contains("admin_addr = 127.0.0.1:9091 (default)"), "{config}");
}

#[tokio::test(start_paused = true)]
async fn route_override_changes_the_route() {
    let file =
        "[route.'GET /v1/c/slow/{id}']\ntimeout = '5s'\n[route.'POST /v1/c/body']\nbody_limit = 3\nslow = 'off'\n";
    let config = Config::builder().toml("routekit.toml", file).build().unwrap();
    let app = TestApp::new(App::with_routes(routes![slow, body]).prefix("/v1").config(config));
    let start = tokio::time::Instant::now();
    assert_eq!(app.get("/v1/c/slow/1").send().await.status(), 504);
    assert_eq!(start.elapsed(), Duration::from_secs(5));
    assert_eq!(app.post("/v1/c/body").body("1234").send().await.status(), 413);
    assert_eq!(app.post("/v1/c/body").body("123").send().await.text(), "123");

    let explanation = app.table().explain("GET /v1/c/slow/{id}").unwrap().to_string();
    for part in ["timeout = 5s (routekit.toml)", "body_limit = 2MiB (default)", "slow = 1s (default)"] {
        assert!(explanation.contains(part), "{explanation}");
    }
    let table = app.table().to_string();
    assert!(table.contains("timeout = 5s (routekit.toml)"), "{table}");
    assert!(table.contains("body_limit = 3 (routekit.toml), slow = off (routekit.toml)"), "{table}");
}

#[test]
fn override_of_an_unknown_route_is_an_error() {
    let config = Config::builder().toml("routekit.toml", "[route.'GET /c/slow']\ntimeout = 5\n").build().unwrap();
    let error = App::with_routes(routes![slow]).config(config).into_router().unwrap_err();
    let [problem] = error.problems() else { panic!("{error}") };
    assert_eq!(problem.code(), "unknown-route");
    let expected = "routekit.toml names the route `GET /c/slow`, which the app does not have; \
                    did you mean `GET /c/slow/{id}`?";
    assert_eq!(problem.to_string(), expected);
}

#[tokio::test(start_paused = true)]
async fn default_timeout_applies_to_routes_without_one() {
    #[get("/c/forever")]
    async fn forever() {
        std::future::pending::<()>().await;
    }
    let app = App::with_routes(routes![forever, slow]).configure(|config| {
        config.set_timeout(Some(Duration::from_secs(2)));
    });
    let app = TestApp::new(app);
    assert_eq!(app.get("/c/forever").send().await.status(), 504);
    assert_eq!(app.get("/c/slow/1").send().await.text(), "1", "the attribute says an hour");
    let explanation = app.table().explain("GET /c/forever").unwrap().to_string();
    assert!(explanation.contains("timeout = 2s (code)"), "{explanation}");
}

#[test]
fn explain_of_an_unknown_route_names_the_nearest() {
    let app = App::with_routes(routes![slow, body]).config(Config::default());
    let error = app.explain("POST /c/bodi").unwrap_err().to_string();
    assert!(error.contains("did you mean `POST /c/body`?"), "{error}");
}

#[test]
fn admin_address_accepts_its_documented_forms() {
    for (text, addr) in [
        ("main", Some(AdminAddr::Main)),
        ("off", Some(AdminAddr::Off)),
        ("[::1]:9", Some(AdminAddr::Own("[::1]:9".parse().unwrap()))),
        ("9091", None),
        ("localhost:9091", Some(AdminAddr::Own("127.0.0.1:9091".parse().unwrap()))),
    ] {
        let built = Config::builder().variable("ROUTEKIT_ADMIN_ADDR", text).build();
        assert_eq!(built.ok().map(|config| **config.admin_addr()), addr, "{text}");
    }
}

#[test]
fn localhost_with_a_port_is_an_address() {
    for (text, addr) in [
        ("localhost:3000", Some("127.0.0.1:3000")),
        ("LOCALHOST:0", Some("127.0.0.1:0")),
        ("localhost", None),
        ("localhost:", None),
        ("localhost:+3000", None),
        ("localhost:65536", None),
        ("example.localhost:3000", None),
        (":3000", None),
    ] {
        let built = Config::builder().toml("f.toml", format!("addr = '{text}'")).build();
        assert_eq!(built.ok().map(|config| **config.addr()), addr.map(|addr| addr.parse().unwrap()), "{text}");
    }
}

#[test]
fn empty_variable_counts_as_unset() {
    let config = Config::builder()
        .toml("f.toml", "timeout = '5s'")
        .variable("ROUTEKIT_TIMEOUT", "")
        .variable("ROUTEKIT_ADDR", "")
        .variable("ROUTEKIT_ADMIN_TOKEN", "")
        .variable("ROUTEKIT_TIMEOTU", "")
        .build()
        .unwrap();
    assert_eq!(config.timeout().origin(), &Origin::File("f.toml".to_owned()));
    assert_eq!(config.addr().origin(), &Origin::Default);
    assert!(config.admin_token().is_none());
}

#[test]
fn misspelt_variable_error_lists_variables() {
    let problems = problems(Config::builder().variable("ROUTEKIT_MAX_BYTES", "3").build());
    let start = "ROUTEKIT_MAX_BYTES: there is no such setting; did you mean `ROUTEKIT_CACHE_MAX_BYTES`?\n";
    assert!(problems[0].starts_with(start), "{problems:?}");
    assert!(problems[0].contains("\n  known settings: ROUTEKIT_ADDR, ROUTEKIT_ADMIN_ADDR, "), "{problems:?}");
}

/// Kubernetes sets them in each pod if a Service of the namespace is named `routekit`.
#[test]
fn kubernetes_service_links_are_ignored_with_one_warning() {
    let (config, lines) = logs::caught(async {
        Config::builder()
            .variable("ROUTEKIT_SERVICE_HOST", "10.96.0.7")
            .variable("ROUTEKIT_SERVICE_PORT", "80")
            .variable("ROUTEKIT_SERVICE_PORT_HTTP", "80")
            .variable("ROUTEKIT_PORT", "tcp://10.96.0.7:80")
            .variable("ROUTEKIT_PORT_80_TCP", "tcp://10.96.0.7:80")
            .variable("ROUTEKIT_PORT_80_TCP_PROTO", "tcp")
            .variable("ROUTEKIT_PORT_80_TCP_PORT", "80")
            .variable("ROUTEKIT_PORT_80_TCP_ADDR", "10.96.0.7")
            .variable("ROUTEKIT_TIMEOUT", "5s")
            .build()
    });
    assert_eq!(**config.unwrap().timeout(), Some(Duration::from_secs(5)));
    let warnings: Vec<String> =
        lines.iter().filter(|line| line.of == "routekit::config").map(|line| line.fields.join(" ")).collect();
    let [warning] = &warnings[..] else { panic!("{warnings:?}") };
    assert!(warning.contains("ROUTEKIT_PORT_80_TCP_ADDR") && warning.contains("enableServiceLinks"), "{warning}");
    assert!(!warning.contains("ROUTEKIT_TIMEOUT"), "{warning}");
    // Another value is not that of a Service.
    let built = Config::builder().variable("ROUTEKIT_PORT", "3000").build();
    assert!(problems(built)[0].starts_with("ROUTEKIT_PORT: there is no such setting"));
}
