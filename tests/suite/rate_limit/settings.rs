//! The settings of the app and of single routes, and their mistakes.

use routekit::{
    client_address::ClientAddress,
    config::Config,
    prelude::*,
    rate_limit::{Limit, Rate, RateLimitHeaders, RateLimitLayer},
    test::TestApp,
};

use super::{statuses, still};

#[get("/r/a")]
async fn a() {}

#[get("/r/b")]
async fn b() {}

#[get("/r/own", rate_limit("3/h"))]
async fn own() {}

#[get("/r/off", rate_limit(off))]
async fn off() {}

#[get("/r/keyed", rate_limit("3/h", per = by_query, name = "tenant", mode = "observe"))]
async fn keyed() {}

fn by_query(parts: &http::request::Parts) -> String {
    parts.uri.query().unwrap_or_default().to_owned()
}

fn app() -> App {
    App::with_routes(routes![a, b, own, off, keyed])
}

fn config(toml: &str) -> Config {
    Config::builder().toml("routekit.toml", toml).build().unwrap_or_else(|error| panic!("{error}"))
}

fn hourly(requests: u32) -> Limit {
    Limit::new(Rate::new(requests, 3_600_000))
}

#[tokio::test]
async fn default_limit_covers_all_routes_without_limits_together() {
    for app in [app().rate_limit(hourly(2)), app().config(config("[rate_limit]\ndefault = '2/h'"))] {
        let (app, _) = still(app);
        assert_eq!(statuses(&app, "/r/a", 1).await, [200]);
        assert_eq!(statuses(&app, "/r/b", 1).await, [200]);
        assert_eq!(statuses(&app, "/r/a", 1).await, [429]);
        assert_eq!(statuses(&app, "/r/own", 4).await, [200, 200, 200, 429]);
        assert_eq!(statuses(&app, "/r/off", 4).await, [200; 4]);
        let text = app.metrics();
        let line = r#"routekit_rate_limit_requests_total{source="app",limit="ip",outcome="refused"} 1"#;
        assert_eq!(text.lines().filter(|found| *found == line).count(), 1, "{text}");
    }
}

#[tokio::test]
async fn configuration_overrides_code_and_attributes() {
    let toml = "[rate_limit]\ndefault = 'off'\n[route.\"GET /r/own\"]\nrate_limit = '1/h'";
    let (app, _) = still(app().rate_limit(hourly(1)).config(config(toml)));
    assert_eq!(statuses(&app, "/r/a", 3).await, [200; 3]);
    assert_eq!(statuses(&app, "/r/own", 2).await, [200, 429]);
}

#[tokio::test]
async fn limits_of_a_route_can_be_switched_off_and_on_by_configuration() {
    let toml = "[route.\"GET /r/own\"]\nrate_limit = 'off'\n[route.\"GET /r/off\"]\nrate_limit = ['1/h', '9/h name=b']";
    let (app, _) = still(app().config(config(toml)));
    assert_eq!(statuses(&app, "/r/own", 5).await, [200; 5]);
    assert_eq!(statuses(&app, "/r/off", 2).await, [200, 429]);
}

#[tokio::test]
async fn configured_limit_of_a_declared_name_keeps_its_key_and_its_mode() {
    let keyed =
        |limit: &str| still(app().config(config(&format!("[route.\"GET /r/keyed\"]\nrate_limit = '{limit}'")))).0;
    let enforced = keyed("1/h name=tenant mode=enforce");
    assert_eq!(statuses(&enforced, "/r/keyed?acme", 2).await, [200, 429]);
    assert_eq!(statuses(&enforced, "/r/keyed?globex", 2).await, [200, 429]);
    assert_eq!(statuses(&keyed("1/h name=tenant"), "/r/keyed?acme", 3).await, [200; 3], "it still observes");
    let by_address = keyed("1/h name=tenant per=ip mode=enforce");
    assert_eq!(statuses(&by_address, "/r/keyed?acme", 1).await, [200]);
    assert_eq!(statuses(&by_address, "/r/keyed?globex", 1).await, [429]);
}

#[tokio::test]
async fn headers_are_a_setting() {
    for (headers, draft, legacy) in [
        (RateLimitHeaders::Draft, true, false),
        (RateLimitHeaders::Legacy, false, true),
        (RateLimitHeaders::Both, true, true),
        (RateLimitHeaders::None, false, false),
    ] {
        let (app, _) = still(app().config(config(&format!("[rate_limit]\nheaders = '{headers}'"))));
        for status in [200, 200, 200, 429] {
            let response = app.get("/r/own").send().await;
            assert_eq!(response.status(), status);
            let has = |name: &str| response.header(name).is_some();
            assert_eq!((has("ratelimit"), has("ratelimit-policy")), (draft, draft), "{headers}");
            let legacy_names = ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"];
            assert_eq!(legacy_names.map(has), [legacy; 3], "{headers}");
            assert_eq!(has("retry-after"), status == 429);
        }
    }
}

#[test]
fn wrong_setting_is_an_error_with_its_key_and_its_source() {
    for (toml, place, reason) in [
        ("trusted_proxies = '10.0.0'", "`trusted_proxies` in routekit.toml", "`10.0.0` is not a range of IP addresses"),
        (
            "trusted_proxies = ['10.0.0.0/8', '10.0.0.1/8']",
            "`trusted_proxies` in routekit.toml",
            "the range is `10.0.0.0/8`",
        ),
        ("trusted_proxies = ['::/129']", "`trusted_proxies` in routekit.toml", "from 0 to 128"),
        ("[rate_limit]\ndefault = '0/s'", "`rate_limit.default` in routekit.toml", "a rate of zero"),
        ("[rate_limit]\ndefault = '5/s burst=0'", "`rate_limit.default` in routekit.toml", "a burst below one"),
        (
            "[rate_limit]\ndefault = ['5/s', '9/h']",
            "`rate_limit.default` in routekit.toml",
            "two limits are named `ip`",
        ),
        ("[rate_limit]\ndefault = '5/s per=path'", "`rate_limit.default` in routekit.toml", "`per=path` is not one of"),
        ("[rate_limit]\ndefault = '5/s mode=dry'", "`rate_limit.default` in routekit.toml", "`mode=dry` is not one of"),
        ("[rate_limit]\nheaders = 'new'", "`rate_limit.headers` in routekit.toml", "not one of `draft`"),
        ("[rate_limit]\nmax_keys = -1", "`rate_limit.max_keys` in routekit.toml", "not a number"),
        (
            "[route.\"GET /r/own\"]\nrate_limit = 'many'",
            "`route.\"GET /r/own\".rate_limit` in routekit.toml",
            "`many` is not a rate",
        ),
    ] {
        let error = Config::builder().toml("routekit.toml", toml).build().unwrap_err();
        let [problem] = error.problems() else { panic!("{toml}: {error}") };
        let message = problem.to_string();
        assert!(message.starts_with(place) && message.contains(reason), "{toml}: {message}");
    }
    let error = Config::builder().variable("ROUTEKIT_TRUSTED_PROXIES", "10.0.0.0/8,x").build().unwrap_err();
    assert!(error.to_string().contains("ROUTEKIT_TRUSTED_PROXIES is `10.0.0.0/8,x`: `x` is not a range"), "{error}");
}

#[test]
fn wrong_setting_of_the_program_is_a_start_up_error() {
    for (app, place, reason) in [
        (app().trusted_proxies(["10.0.0.1/8"]), "`trusted_proxies` (code)", "the range is `10.0.0.0/8`"),
        (app().rate_limit(Limit::new(Rate::new(0, 1000))), "`rate_limit.default` (code)", "a rate of zero"),
        (app().rate_limit(hourly(1).burst(0)), "`rate_limit.default` (code)", "a burst below one"),
        (app().rate_limit(hourly(1)).rate_limit(hourly(2)), "`rate_limit.default` (code)", "two limits are named `ip`"),
        (app().configure(|config| config.set_rate_limit_max_keys(0)), "`rate_limit.max_keys` (code)", "zero"),
    ] {
        let error = TestApp::builder(app).try_build().unwrap_err();
        let [problem] = error.problems() else { panic!("{error}") };
        let message = problem.to_string();
        assert!(message.starts_with(place) && message.contains(reason), "{message}");
    }
}

#[test]
fn configuration_that_breaks_the_limits_of_a_route_is_a_start_up_error() {
    // The unnamed limit is named `ip`, and so is the other.
    let toml = "[route.\"GET /r/own\"]\nrate_limit = ['1/s name=ip', '1/h']";
    let error = Config::builder().toml("routekit.toml", toml).build().unwrap_err();
    assert!(error.to_string().contains("two limits are named `ip`"), "{error}");
}

#[test]
fn trusted_proxies_of_the_configuration_override_code() {
    let app = TestApp::new(app().trusted_proxies(["not checked then"]).config(config("trusted_proxies = 'none'")));
    assert!(app.table().explain("GET /r/a").is_some());
}

mod grouped {
    use routekit::prelude::*;

    routekit::group! { rate_limit("3/h"), rate_limit("2/h", per = "user", name = "users") }

    #[get("/r/g1")]
    pub(super) async fn g1() {}

    #[get("/r/g2")]
    pub(super) async fn g2() {}

    #[get("/r/g-own", rate_limit("1/h"))]
    pub(super) async fn own() {}

    #[get("/r/g-off", rate_limit(off))]
    pub(super) async fn off() {}
}

#[tokio::test]
async fn limits_of_a_group_are_shared_by_its_routes_without_limits() {
    let routes = || routes![grouped::g1, grouped::g2, grouped::own, grouped::off, a];
    let (app, _) = still(App::with_routes(routes()).rate_limit(hourly(9)));
    let identity = |path: &str, name: &str| app.get(path).identity(&Identity::new(name)).send();
    assert_eq!(identity("/r/g1", "ann").await.status(), 200);
    assert_eq!(identity("/r/g2", "ann").await.status(), 200);
    let refused = identity("/r/g1", "ann").await;
    assert_eq!(
        (refused.status().as_u16(), refused.header("ratelimit")),
        (429, Some(r#""ip";r=0;t=1200, "users";r=0;t=1800"#))
    );
    assert_eq!(identity("/r/g2", "bob").await.status(), 429, "by address");
    assert_eq!(statuses(&app, "/r/g-own", 2).await, [200, 429]);
    assert_eq!(statuses(&app, "/r/g-off", 5).await, [200; 5]);
    assert_eq!(app.get("/r/a").send().await.header("ratelimit"), Some(r#""ip";r=8;t=400"#));
    let shown = app.table().explain("GET /r/g1").unwrap().to_string();
    assert!(
        shown.contains(
            "3/h burst=3 per=ip name=ip, one quota for its routes (group of suite::rate_limit::settings::grouped)"
        ),
        "{shown}"
    );
    let text = app.metrics();
    let line = r#"{group="suite::rate_limit::settings::grouped",limit="users",outcome="refused"} 1"#;
    assert_eq!(text.lines().filter(|found| found.ends_with(line)).count(), 1, "{text}");
}

#[test]
fn empty_list_of_a_file_trusts_no_proxy() {
    let config = Config::builder().toml("routekit.toml", "trusted_proxies = []").build().unwrap();
    assert!(config.trusted_proxies().is_empty());
}

#[test]
fn largest_burst_and_longest_window_are_accepted() {
    let limit: Limit = "4294967295/8760h".parse().unwrap();
    assert!(RateLimitLayer::new([limit]).is_ok());
}

#[get("/r/whoami", cache(ttl = 60))]
async fn who_am_i(client: ClientAddress) -> String {
    client.to_string()
}

#[test]
fn cached_handler_that_takes_the_address_is_warned_of() {
    let table = App::with_routes(routes![who_am_i]).config(Config::default()).table().unwrap();
    let [warning] = table.warnings() else { panic!("{:?}", table.warnings()) };
    assert!(warning.contains("its handler takes the address of the client (`client`)"), "{warning}");
}
