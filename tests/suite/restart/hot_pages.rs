//! The hottest pages of one process are warm in the next.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::body::Body;
use http::{Request, request::Parts};
use routekit::{Clock, cache::Cache, config::Config, prelude::*, route::Route};

use crate::{
    stores::Plain,
    support::{idle, temporary, until},
    wire,
};

/// The pages that the handlers have made.
#[derive(Default)]
struct Made(Mutex<Vec<String>>);

impl Made {
    fn page(&self, page: String) -> String {
        self.0.lock().unwrap().push(page.clone());
        page
    }

    /// The pages since the last call, sorted.
    fn take(&self) -> Vec<String> {
        let mut pages = std::mem::take(&mut *self.0.lock().unwrap());
        pages.sort();
        pages
    }
}

fn part(parts: &Parts) -> String {
    parts.uri.path().to_owned()
}

#[get("/hot/items/{id}", cache(ttl = 60))]
async fn item(id: u32, made: Dep<Made>) -> String {
    made.page(format!("item {id}"))
}

#[get("/hot/list", cache(ttl = 60, vary("accept-language")))]
async fn list(made: Dep<Made>) -> String {
    made.page("list".to_owned())
}

#[get("/hot/users/{id}", auth(optional), cache(ttl = 60, per = "user"))]
async fn per_user(id: u32, made: Dep<Made>) -> String {
    made.page(format!("user {id}"))
}

#[get("/hot/keyed/{id}", cache(ttl = 60, key = part))]
async fn keyed(id: u32, made: Dep<Made>) -> String {
    made.page(format!("keyed {id}"))
}

#[get("/hot/tenants/{id}", cache(ttl = 60, partition = part))]
async fn partitioned(id: u32, made: Dep<Made>) -> String {
    made.page(format!("tenant {id}"))
}

fn app(file: &Path, made: &Arc<Made>) -> App {
    app_with(routes![item, list, per_user, keyed, partitioned], file, made)
}

fn app_with(routes: impl IntoIterator<Item = Route>, file: &Path, made: &Arc<Made>) -> App {
    let app = App::with_routes(routes).config(Config::default());
    let file = file.to_owned();
    let app = app.identify(async |_| None);
    app.configure(|config| config.set_cache_hot_pages_file(Some(file)))
        .warm_host("warm.example")
        .provide_shared(made.clone())
}

/// Runs the app until it is ready.
async fn run(app: App) -> wire::Running {
    let app = wire::run(app).await;
    let ready = async { while app.http1(wire::get("/health/ready")).await.0.status != 200 {} };
    tokio::time::timeout(Duration::from_secs(10), ready).await.expect("it becomes ready");
    app
}

async fn stop(mut app: wire::Running) {
    app.stop();
    app.stopped().await.unwrap();
}

fn get(path: &str, language: Option<&str>) -> Request<Body> {
    let request = Request::get(path).header("host", "shop.example");
    let request = if let Some(language) = language { request.header("accept-language", language) } else { request };
    request.body(Body::empty()).unwrap()
}

#[tokio::test]
async fn hottest_pages_are_warm_in_the_next_process() {
    let (made, file) = (Arc::<Made>::default(), temporary("hot-pages").join("pages"));
    let old = run(app(&file, &made)).await;
    for (path, language, requests) in [
        ("/hot/items/1?b=2&a=1", None, 2),
        ("/hot/items/2", None, 9),
        ("/hot/items/3", None, 6),
        ("/hot/list", Some("de"), 9),
        ("/hot/users/4", None, 9),
        ("/hot/keyed/5", None, 9),
        ("/hot/tenants/6", None, 9),
        ("/hot/list", None, 4),
    ] {
        for _ in 0..requests {
            assert_eq!(old.http1(get(path, language)).await.0.status, 200);
        }
    }
    stop(old).await;
    let text = fs::read_to_string(&file).unwrap();
    let mut urls: Vec<&str> = text.lines().skip(1).collect();
    // Their order depends on slots, which a random seed assigns.
    urls.sort_unstable();
    let expected = [
        "http://shop.example/hot/items/1?a=1&b=2",
        "http://shop.example/hot/items/2",
        "http://shop.example/hot/items/3",
        "http://shop.example/hot/list",
    ];
    // Two pages may share a slot, which keeps one of them.
    assert!(urls.len() >= 2 && urls.iter().all(|url| expected.contains(url)), "{text}");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);

    made.take();
    let new = run(app(&file, &made)).await;
    assert_eq!(made.take().len(), urls.len() + 1, "with the page of the warm-up itself");
    for url in &urls {
        let path = url.strip_prefix("http://shop.example").unwrap();
        assert_eq!(new.http1(get(path, None)).await.0.headers["x-cache"], "HIT", "{path}");
    }
    stop(new).await;

    fs::write(&file, "http://shop.example/hot/items/7\nhttp://shop.example/hot/items/8\n").unwrap();
    let last = run(app(&file, &made)).await;
    for _ in 0..2 {
        last.http1(get("/hot/items/7", None)).await;
    }
    stop(last).await;
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains("/items/7") && !text.contains("/items/8"), "no client has requested 8: {text}");
}

#[tokio::test]
async fn hot_pages_are_written_every_minute() {
    let (made, file) = (Arc::<Made>::default(), temporary("hot-pages-minute").join("pages"));
    let app = run(app(&file, &made)).await;
    for _ in 0..3 {
        app.http1(get("/hot/list", None)).await;
    }
    tokio::time::pause();
    idle().await;
    assert!(!file.exists());
    tokio::time::advance(Duration::from_secs(60)).await;
    until("the file", || file.exists()).await;
    assert!(fs::read_to_string(&file).unwrap().ends_with("\nhttp://shop.example/hot/list\n"));
    tokio::time::resume();
    stop(app).await;
}

#[tokio::test]
async fn lines_that_do_not_fit_are_skipped() {
    let (made, file) = (Arc::<Made>::default(), temporary("hot-pages-lines").join("pages"));
    let lines = "# a comment\nhttp://shop.example/hot/items/1\nhttp://shop.example/gone\nhttp://shop.example/hot/users/2\n\
                 http://shop.example/hot/keyed/3\nhttp://shop.example/hot/tenants/4\n/hot/items/5\nnot a URL\n\
                 http://shop.example/health/live\nhttp://shop.example/hot/items/none\n";
    fs::write(&file, lines).unwrap();
    let app = run(app(&file, &made)).await;
    assert_eq!(made.take(), ["item 1", "list"]);
    stop(app).await;
}

#[tokio::test]
async fn unreadable_file_keeps_no_app_from_starting() {
    let (made, dir) = (Arc::<Made>::default(), temporary("hot-pages-unreadable"));
    fs::write(dir.join("bytes"), [0xff, 0xfe]).unwrap();
    for file in [dir.clone(), dir.join("bytes"), dir.join("no/directory")] {
        let app = run(app(&file, &made)).await;
        assert_eq!(app.http1(get("/hot/items/1", None)).await.0.status, 200);
        stop(app).await;
    }
}

#[tokio::test]
async fn file_without_pages_stays_as_it_is() {
    let (made, file) = (Arc::<Made>::default(), temporary("hot-pages-none").join("pages"));
    fs::write(&file, "http://shop.example/gone\n").unwrap();
    stop(run(app_with(routes![item], &file, &made)).await).await;
    assert_eq!(fs::read_to_string(&file).unwrap(), "http://shop.example/gone\n");
}

#[test]
fn file_for_a_store_outside_the_process_is_a_startup_error() {
    let made = Arc::<Made>::default();
    let app = app(Path::new("pages"), &made).cache(Cache::builder().store(Plain::new(Clock::system())));
    assert_eq!(
        app.into_router().unwrap_err().to_string(),
        "the app cannot start: `cache.hot_pages_file` (code) is `pages`: the app's store is not in this process, so it \
         keeps its pages over a restart by itself; remove the setting"
    );
}
