//! Thresholds and their sources.

use std::time::Duration;

use routekit::{
    config::{Config, Secret},
    prelude::*,
};

#[get("/alert-tests/prices", slow = "500ms", alert(error_rate = 0.01, p99 = "300ms"))]
async fn prices() {}

#[get("/alert-tests/orders", alert(mean = "200ms"))]
async fn orders() {}

fn explained(file: &str, route: &str) -> Vec<String> {
    let config = Config::builder().toml("routekit.toml", file).build().unwrap();
    let app = App::with_routes(routes![prices, orders]).config(config);
    let explanation = app.table().unwrap().explain(&format!("GET /alert-tests/{route}")).unwrap();
    let steps = explanation.steps.iter().filter(|step| step.setting.starts_with("alert"));
    steps.map(|step| format!("{} {} {}", step.setting, step.value, step.origin.as_ref().unwrap())).collect()
}

#[test]
fn thresholds_of_a_route_are_explained_with_their_origin() {
    let [orders, prices] = ["orders", "prices"].map(|route| explained("", route));
    assert_eq!(
        prices,
        ["alert_error_rate 0.01 attribute", "alert_mean 500ms attribute", "alert_p99 300ms attribute"],
        "`slow` is the threshold of the mean"
    );
    assert_eq!(orders, ["alert_error_rate 0.05 default", "alert_mean 200ms attribute", "alert_p99 off default"]);
    let file = "
        slow = '2s'
        [alerts]
        error_rate = 0.2
        [route.'GET /alert-tests/prices']
        alert_error_rate = 0.3
        alert_mean = 'off'
        alert_p99 = 1
    ";
    assert_eq!(
        explained(file, "prices"),
        ["alert_error_rate 0.3 routekit.toml", "alert_mean off routekit.toml", "alert_p99 1s routekit.toml"]
    );
    assert_eq!(explained(file, "orders")[0], "alert_error_rate 0.2 routekit.toml");
    let table = App::with_routes(routes![prices]).config(Config::default()).table().unwrap().to_string();
    assert!(table.contains("slow = 500ms, alert_error_rate = 0.01, alert_p99 = 300ms"), "{table}");
}

#[test]
fn wrong_setting_is_a_start_up_error_that_names_it() {
    let rows = [
        ("[alerts]\nenabled = 'maybe'", "`alerts.enabled` in a.toml is `maybe`: must be `on` or `off`"),
        ("[alerts]\ninterval = 'off'", "`alerts.interval` in a.toml is `off`: must be a duration; `alerts.enabled"),
        ("[alerts]\ninterval = '10ms'", "`alerts.interval` in a.toml is `10ms`: shorter than a second"),
        ("[alerts]\nwindow = '10s'", "`alerts.window` in a.toml is `10s`: shorter than `alerts.interval`"),
        ("[alerts]\nmin_samples = 0", "`alerts.min_samples` in a.toml is `0`: zero"),
        ("[alerts]\nerror_rate = 5", "`alerts.error_rate` in a.toml is `5`: not a share above 0 and below 1, such as"),
        ("[alerts]\nerror_rate = 1.0", "`alerts.error_rate` in a.toml is `1`: not a share above 0 and below 1"),
        ("[alerts]\nerror_rate = 'nan'", "`alerts.error_rate` in a.toml is `nan`: not a share"),
        ("[alerts]\ncpu_percent = 0.8", "`alerts.cpu_percent` in a.toml is `0.8`: not a whole number of percent"),
        ("[alerts]\nmemory_percent = 100", "`alerts.memory_percent` in a.toml is `100`: not a whole number"),
        ("[alerts]\nmemory_growth = '1GB'", "`alerts.memory_growth` in a.toml is `1GB`: not a size"),
        ("[alerts]\nremind_after = 0", "`alerts.remind_after` in a.toml is `0`: zero"),
        ("[alerts]\nremind_after = '721h'", "`alerts.remind_after` in a.toml is `2595600s`: longer than 30 days"),
        ("[alerts]\nwindow = '721h'", "`alerts.window` in a.toml is `2595600s`: longer than 30 days"),
        ("[alerts]\ninterval = '721h'", "`alerts.interval` in a.toml is `2595600s`: longer than 30 days"),
        ("[alerts]\nevent_loop_lag = '721h'", "`alerts.event_loop_lag` in a.toml is `2595600s`: longer than 30 days"),
        ("[alerts]\nslow = '1s'", "`alerts.slow` in a.toml: there is no such setting; `slow` is a setting of the app"),
        ("alerts = 'off'", "`alerts` in a.toml is `off`: the settings of the alerts are a table, `[alerts]`"),
        ("[route.'GET /alert-tests/orders']\nalert_p99 = 0", "alert_p99` in a.toml is `0`: zero"),
        ("[route.'GET /alert-tests/orders']\nalert_error_rate = 2", "alert_error_rate` in a.toml is `2`: not a share"),
    ];
    for (file, expected) in rows {
        let built = Config::builder().toml("a.toml", file).build();
        let error = match built {
            Err(error) => error.to_string(),
            Ok(config) => App::with_routes(routes![orders]).config(config).into_router().unwrap_err().to_string(),
        };
        assert!(error.contains(expected), "{file}: {error}");
    }
}

#[test]
fn setting_of_the_program_is_checked_as_well() {
    let changes: [(fn(&mut Config), &str); 5] = [
        (|config| config.set_alerts_error_rate(Some(f64::NAN)), "`alerts.error_rate` (code) is `NaN`: must be above 0"),
        (|config| config.set_alerts_cpu_percent(Some(100)), "`alerts.cpu_percent` (code) is `100`: must be from 1 to"),
        (|config| config.set_alerts_memory_growth(Some(0)), "`alerts.memory_growth` (code) is `0`: zero"),
        (
            |config| config.set_alerts_event_loop_lag(Some(Duration::ZERO)),
            "`alerts.event_loop_lag` (code) is `0ns`: zero",
        ),
        (|config| config.set_alerts_interval(Duration::ZERO), "`alerts.interval` (code) is `0ns`: shorter"),
    ];
    for (change, expected) in changes {
        let app = App::with_routes(routes![orders]).config(Config::default()).configure(change);
        let error = app.into_router().unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn webhook_that_is_no_url_is_a_start_up_error_without_its_text() {
    for (url, expected) in [
        ("hunter2", "not an absolute URL"),
        ("/hunter2", "not an absolute URL"),
        ("ftp://hooks.example/hunter2", "must begin with `https://` or `http://`"),
        ("https://ann:hunter2@hooks.example/", "must not contain a user or a password"),
        ("https://hooks example/hunter2", "not a URL (invalid uri character)"),
        ("", "not a URL (empty string)"),
    ] {
        let change = move |config: &mut Config| config.set_alerts_webhook(Some(Secret::new(url)));
        let app = App::with_routes(routes![orders]).config(Config::default()).configure(change);
        let error = app.into_router().unwrap_err().to_string();
        assert!(
            error.contains("`alerts.webhook` (code) is `(secret)`: ") && error.contains(expected),
            "{url}: {error}"
        );
        assert!(!error.contains("hunter2"), "{error}");
    }
}
