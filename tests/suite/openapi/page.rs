//! The page with the documentation.

use std::net::SocketAddr;

use routekit::{
    config::{AdminAddr, Config},
    openapi::ApiInfo,
    prelude::*,
    respond::Created,
    test::TestApp,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{live_page::browser::Browser, wire};

/// A note with `<b>markup</b>` & more.
#[derive(Serialize, Deserialize, Validate, JsonSchema)]
struct Note {
    #[validate(length(min = 5, max = 200))]
    text: String,
    /// How urgent it is.
    #[validate(range(min = 1, max = 5))]
    urgency: u8,
    #[validate(email)]
    author: String,
    tags: Vec<String>,
}

#[derive(Deserialize, Validate, JsonSchema)]
struct Search {
    /// What the text contains: it's <i>required</i>.
    #[validate(length(min = 3))]
    q: String,
    limit: Option<u16>,
}

/// Finds notes.
///
/// Use `q` for a part of the text.
#[get("/notes", tags("notes"), cache(ttl = 60, tags = "notes"), timeout = "2s")]
async fn find(search: Query<Search>) -> Json<Vec<Note>> {
    let _ = (&search.q, search.limit);
    Json(Vec::new())
}

/// Shows a note.
#[get("/notes/{id}", tags("notes"), deprecated(since = "2026-01-01"))]
async fn show(id: u64) -> Json<u64> {
    Json(id)
}

/// Writes a note.
#[post("/notes", tags("notes"), rate_limit("100/h"), invalidates("notes"))]
async fn write(body: Json<Note>) -> Created<Json<Note>> {
    Created(body)
}

/// Writes a note as a form does.
#[post("/notes/form", tags("forms"))]
async fn write_form(body: Form<Search>) -> String {
    body.q.clone()
}

fn app() -> App {
    let info = ApiInfo::new("Notes <&>", "3.0").description("All about `notes`.\n\nAnd more.");
    App::with_routes(routes![find, show, write, write_form]).config(Config::default()).api_info(info)
}

#[tokio::test]
async fn page_shows_every_route_and_escapes_its_texts() {
    let app = TestApp::new(app());
    let page = app.admin().get("/docs").send().await;
    let text = page.text();
    for shown in [
        "<title>Notes &lt;&amp;&gt;</title>",
        "<p>All about <code>notes</code>.</p><p>And more.</p>",
        "Finds notes.",
        "it&#39;s &lt;i&gt;required&lt;/i&gt;",
        "integer (uint8), 1 to 5",
        "string, 5 to 200 characters",
        "<h3 class=\"deprecated\">",
        "A note with <code>&lt;b&gt;markup&lt;/b&gt;</code> &amp; more.",
        "ttl 60s, tags notes",
    ] {
        assert!(text.contains(shown), "{shown} is not in {text}");
    }
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-") && !policy.contains("unsafe"), "{policy}");
    assert!(!text.contains("<script") && !text.contains("src="), "the page needs nothing else");
}

/// The words of a command, as a POSIX shell splits it.
fn words(command: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    let mut letters = command.chars();
    while let Some(letter) = letters.next() {
        match (letter, quote) {
            (' ', None) => words.push(std::mem::take(&mut word)),
            ('\\', None) => word.extend(letters.next()),
            ('\'' | '"', None) => quote = Some(letter),
            (letter, Some(open)) if letter == open => quote = None,
            (letter, _) => word.push(letter),
        }
    }
    words.push(word);
    words
}

#[tokio::test]
async fn commands_of_the_page_are_accepted() {
    let app = TestApp::new(app());
    let page = app.admin().get("/docs").send().await;
    let commands = page.text().split("<pre>").skip(1).map(|rest| rest.split("</pre>").next().unwrap());
    let unescape = |text: &str| {
        text.replace("&#39;", "'")
            .replace("&quot;", "\"")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&")
    };
    let mut called = 0;
    for command in commands.map(unescape) {
        let words = words(&command);
        let (mut method, mut url, mut headers, mut data, mut form) = (None, "", Vec::new(), None, Vec::new());
        let mut rest = words.iter().skip(1);
        while let Some(word) = rest.next() {
            match word.as_str() {
                "-X" => method = rest.next(),
                "-H" => headers.push(rest.next().unwrap().split_once(": ").unwrap()),
                "-d" => data = rest.next(),
                "--data-urlencode" => form.push(rest.next().unwrap().split_once('=').unwrap()),
                word => url = word,
            }
        }
        let path = url.strip_prefix("http://127.0.0.1:3000").unwrap();
        let method = method.map_or("GET", String::as_str).parse().unwrap();
        let mut request = app.request(method, path);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let request = match (data, form.is_empty()) {
            (Some(data), _) => request.body(data.clone()),
            (None, false) => request.form(&form),
            (None, true) => request,
        };
        let response = request.send().await;
        assert!(response.status().is_success(), "{command}: {} {}", response.status(), response.text());
        called += 1;
    }
    assert_eq!(called, 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_shows_the_page_and_reports_nothing() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let admin: SocketAddr = listener.local_addr().unwrap();
    let own = AdminAddr::Own(admin);
    let _running = wire::run(app().configure(move |config| config.set_admin_addr(own)).admin_listener(listener)).await;
    let Some(mut browser) = Browser::start("docs-page").await else { return };
    browser.resize(1280, 900).await;
    browser.call("Page.navigate", json!({ "url": format!("http://{admin}/docs") })).await;
    browser.until("document.querySelectorAll('section').length === 7").await;
    let height = "document.querySelector('h1').getBoundingClientRect().height";
    assert!(browser.value(height).await.as_f64().unwrap() > 10.0);
    let width = browser.value("document.documentElement.scrollWidth").await;
    assert!(width.as_f64().unwrap() <= 1280.0, "nothing is cut off: {width}");
    browser.picture("docs-page-wide").await;
    browser.resize(390, 844).await;
    let width = browser.value("document.documentElement.scrollWidth").await;
    assert!(width.as_f64().unwrap() <= 390.0, "nor on a telephone: {width}");
    browser.picture("docs-page-narrow").await;
    assert_eq!(browser.console(), Vec::<&Value>::new());
    assert!(browser.requested().iter().all(|url| url.ends_with("/docs")), "{:?}", browser.requested());
}
