//! Swagger UI in Chromium.

use std::process::Command;

use axum::Router;
use routekit::config::ServeOpenApi;
use serde_json::{Value, json};

use super::document;
use crate::{
    live_page::browser::Browser,
    process::{Quickstart, build, quickstart},
    support::free_port,
};

/// Swagger UI of the document at `{base}/openapi.json`, once it shows every operation. `None` without Chromium.
async fn open(name: &str, base: &str, operations: usize) -> Option<Browser> {
    let mut browser = Browser::start(name).await?;
    browser.resize(1280, 1000).await;
    browser.call("Page.navigate", json!({ "url": format!("{base}/docs/swagger") })).await;
    browser.until("document.querySelectorAll('.opblock').length > 0").await;
    assert_eq!(browser.value("document.querySelectorAll('.opblock').length").await, operations);
    browser.picture(name).await;
    Some(browser)
}

/// How many operations the document has that the page reads.
async fn operations(browser: &mut Browser, base: &str) -> usize {
    let count = format!(
        "fetch('{base}/openapi.json').then((response) => response.json()).then((document) => \
         Object.values(document.paths).flatMap((item) => Object.keys(item)).length)"
    );
    browser.value(&count).await.as_u64().unwrap() as usize
}

async fn click(browser: &mut Browser, selector: &str) {
    browser.until(&format!("!!document.querySelector('{selector}')")).await;
    browser.value(&format!("document.querySelector('{selector}').click()")).await;
}

/// Opens the first GET, sends it, and returns the status and the body that the page shows.
async fn try_first_get(browser: &mut Browser) -> (Value, String) {
    click(browser, ".opblock-get .opblock-summary-control").await;
    click(browser, ".opblock-get .try-out__btn").await;
    click(browser, ".opblock-get .execute").await;
    browser.until("!!document.querySelector('.live-responses-table .response-col_status')").await;
    let status = "parseInt(document.querySelector('.live-responses-table tbody .response-col_status').innerText)";
    let status = browser.value(status).await;
    let body = browser.value("document.querySelector('.live-responses-table .highlight-code')?.innerText").await;
    (status, body.as_str().unwrap_or_default().to_owned())
}

/// Nothing is reported, and every request goes to one of these origins.
fn assert_quiet(browser: &Browser, origins: &[&str]) {
    assert_eq!(browser.console(), Vec::<&Value>::new());
    let is_known = |url: &str| url.starts_with("data:") || origins.iter().any(|origin| url.starts_with(origin));
    let elsewhere: Vec<&str> = browser.requested().into_iter().filter(|url| !is_known(url)).collect();
    assert_eq!(elsewhere, Vec::<&str>::new());
}

#[tokio::test]
async fn quickstart_is_shown_and_a_get_is_sent() {
    let app = Quickstart::start_command(quickstart().env("ROUTEKIT_OPENAPI_SERVE", "main"));
    let base = format!("http://{}", app.addr);
    let Some(mut browser) = open("swagger-quickstart", &base, 5).await else { return };
    assert_eq!(operations(&mut browser, &base).await, 5);
    let (status, body) = try_first_get(&mut browser).await;
    browser.picture("swagger-quickstart-executed").await;
    assert_eq!(status, 200);
    assert!(body.contains("\"total\": 0"), "{body}");
    assert_quiet(&browser, &[&base]);
}

#[tokio::test]
async fn page_on_the_admin_surface_calls_the_servers_of_the_document() {
    let (addr, admin) = (free_port().to_string(), free_port().to_string());
    let mut command = quickstart();
    command.env("ROUTEKIT_ADDR", &addr).env("ROUTEKIT_ADMIN_ADDR", &admin);
    // The page is of another origin.
    command.env("ROUTEKIT_CORS_ORIGINS", format!("http://{admin}"));
    let _app = Quickstart::start_command(&mut command);
    let base = format!("http://{admin}");
    let Some(mut browser) = open("swagger-admin", &base, 5).await else { return };
    assert_eq!(try_first_get(&mut browser).await.0, 200);
    let sent = format!("http://{addr}/v2/users?limit=20&page=1");
    assert!(browser.requested().contains(&&*sent), "{:?}", browser.requested());
    assert_quiet(&browser, &[&base, &format!("http://{addr}")]);
}

#[tokio::test]
async fn shop_is_shown() {
    let mut command = Command::new(build("shop", "shop"));
    command.env("ROUTEKIT_ADDR", "127.0.0.1:0").env("ROUTEKIT_ADMIN_ADDR", "127.0.0.1:0").env_remove("RUST_LOG");
    let app = Quickstart::start_command(&mut command);
    let base = format!("http://{}", app.admin);
    let Some(mut browser) = open("swagger-shop", &base, 2).await else { return };
    assert_eq!(operations(&mut browser, &base).await, 2);
    assert_quiet(&browser, &[&base]);
}

/// Every kind of route, each opened with its schemas, behind a base path.
#[tokio::test]
async fn everything_is_shown_behind_a_base_path() {
    let app = document::app().configure(|config| config.set_openapi_serve(ServeOpenApi::Main));
    let router = Router::new().nest("/behind/proxy", app.into_router().unwrap());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/behind/proxy", listener.local_addr().unwrap());
    let _server = tokio::spawn(async { axum::serve(listener, router).await });
    let count = document::app().openapi().unwrap().as_json()["paths"]
        .as_object()
        .unwrap()
        .values()
        .map(|item| item.as_object().unwrap().len())
        .sum();
    let Some(mut browser) = open("swagger-everything", &base, count).await else { return };
    assert_eq!(browser.value("document.title").await, "Parcels");
    browser.value("document.querySelectorAll('.opblock-summary-control').forEach((button) => button.click())").await;
    browser.until(&format!("document.querySelectorAll('.opblock-body').length === {count}")).await;
    let expand = "document.querySelectorAll('.json-schema-2020-12-expand-deep-button').forEach((all) => all.click())";
    browser.value(expand).await;
    click(&mut browser, ".btn.authorize").await;
    browser.until("!!document.querySelector('.modal-ux')").await;
    browser.picture("swagger-everything-opened").await;
    let width = browser.value("document.documentElement.scrollWidth").await;
    assert!(width.as_f64().unwrap() <= 1280.0, "nothing is cut off: {width}");
    assert_quiet(&browser, &[&base]);
}
