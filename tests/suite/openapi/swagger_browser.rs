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
