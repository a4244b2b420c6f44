//! Warm-up settings are checked at start-up.

use routekit::{config::Config, prelude::*};

use super::page;

#[get("/w/uncached")]
async fn uncached() {}

#[post("/w/posted")]
async fn posted() {}

#[get("/w/items/{id}", cache(ttl = 60))]
async fn item(id: u32) -> String {
    id.to_string()
}

#[post("/w/items/new")]
async fn new_item() {}

fn app() -> App {
    App::with_routes(routes![page, uncached, posted, item, new_item]).config(Config::default())
}

#[test]
fn invalid_pages_are_startup_errors() {
    const NO_PATH: &str = "must be a path such as `/v2/users?page=1`, or a URL such as `https://shop.example/v2/users`";
    const NO_HOST: &str = "must be a host as clients send it, such as `shop.example` or `localhost:3000`";
    for (page, expected) in [
        ("/w/pgae?n=1", "no GET route has this path; did you mean `/w/page`?"),
        ("/elsewhere/altogether", "no GET route has this path"),
        ("https://shop.example/w/pages", "no GET route has this path; did you mean `/w/page`?"),
        ("/w/posted", "no GET route has this path"),
        ("/w/items/new", "no GET route has this path; did you mean `/w/items/{id}`?"),
        ("/health/live", "no GET route has this path"),
        ("w/page", "invalid format"),
        ("page", NO_PATH),
        ("", "empty string"),
        ("ftp://shop.example/w/page", NO_PATH),
        ("/w/the page", "invalid uri character"),
        ("/w/page#top", "clients do not send what follows a `#`; remove it"),
        ("https://ann@shop.example/w/page", NO_HOST),
    ] {
        let error = app().warm(page).into_router().unwrap_err().to_string();
        let start = format!("the app cannot start: `.warm({page:?})` at tests/suite/warm_up/setup.rs:");
        let rest = error.strip_prefix(&start).unwrap_or_else(|| panic!("{error}"));
        assert_eq!(rest.split_once(": ").unwrap().1, expected, "{page}");
    }
    let error = app().warm("/w/uncached").into_router().unwrap_err().to_string();
    let start = "`.warm(\"/w/uncached\")` at tests/suite/warm_up/setup.rs:";
    assert!(error.contains(start), "{error}");
    assert!(error.contains(": GET /w/uncached (tests/suite/warm_up/setup.rs:"), "{error}");
    assert!(error.ends_with(") declares no `cache(…)`, so nothing would be stored"), "{error}");
}

#[test]
fn invalid_hosts_are_startup_errors() {
    for host in ["", "https://shop.example", "shop.example/w", "shop.example:http", "ann@shop.example"] {
        let error = app().warm_host(host).into_router().unwrap_err().to_string();
        let start = format!("the app cannot start: `.warm_host({host:?})` at tests/suite/warm_up/setup.rs:");
        assert!(error.starts_with(&start), "{error}");
        assert!(
            error.ends_with(": must be a host as clients send it, such as `shop.example` or `localhost:3000`"),
            "{error}"
        );
    }
}

#[test]
fn all_errors_are_reported_at_once_even_with_warm_up_off() {
    let app = app().configure(|config| config.set_cache_warm_up(false));
    let error = app.warm("/w/pgae").warm("/w/page").warm("no").warm_host("").into_router().unwrap_err();
    assert_eq!(error.problems().len(), 3, "{error}");
}
