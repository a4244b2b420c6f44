//! The page with Swagger UI and its files: where they are, and with which headers.

use std::io::Read;

use flate2::read::GzDecoder;
use http::Method;
use routekit::{
    auth::ApiKeys,
    config::{AdminAddr, Config, OpenApiAccess, ServeOpenApi},
    openapi::ApiInfo,
    prelude::*,
    test::{TestApp, TestResponse},
};

const PAGE: &str = "/docs/swagger";
const KEY: &str = "a-key-that-is-long-enough";

#[get("/shown/things")]
async fn things() -> String {
    String::new()
}

#[get("/docs/swagger/{name}")]
async fn own(name: String) -> String {
    name
}

fn app(change: impl FnOnce(&mut Config) + Send + 'static) -> App {
    App::with_routes(routes![things]).config(Config::default()).configure(change)
}

/// The addresses of all files that the page names.
async fn files(app: &TestApp) -> Vec<String> {
    let page = app.get(PAGE).send().await;
    let named = page.text().split(['"', '\'']).filter(|text| text.starts_with("swagger/"));
    named.map(|relative| format!("/docs/{relative}")).collect()
}

async fn with(app: &TestApp, path: &str, headers: &[(&str, &str)]) -> TestResponse {
    let request = headers.iter().fold(app.get(path), |request, (name, value)| request.header(name, value));
    request.send().await
}

#[tokio::test]
async fn policy_of_the_page_allows_its_scripts_by_hash_and_the_servers_of_the_document() {
    let info = ApiInfo::new("<Things>", "1").server("https://api.example.com/v1");
    let app = TestApp::new(app(|_| {}).api_info(info)).admin();
    let page = app.get(PAGE).send().await;
    assert_eq!((page.status().as_u16(), page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    let policy = page.header("content-security-policy").unwrap();
    let directives: Vec<&str> = policy.split("; ").collect();
    for directive in [
        "default-src 'none'",
        "connect-src 'self' https://api.example.com",
        "img-src 'self' data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ] {
        assert!(directives.contains(&directive), "{directive} is not in {policy}");
    }
    let script = directives.iter().find(|directive| directive.starts_with("script-src ")).unwrap();
    assert!(script.split(' ').skip(1).all(|source| source.starts_with("'sha256-")), "{script}");
    assert!(!policy.contains("unsafe"), "{policy}");
    let text = page.text();
    assert!(text.contains("<title>&lt;Things&gt;</title>") && !text.contains("://"), "{text}");
    assert!(text.contains("href=\"../docs\""), "{text}");
    assert!(app.get("/docs").send().await.text().contains("href=\"docs/swagger\""));
    let head = app.request(Method::HEAD, PAGE).send().await;
    assert_eq!((head.status().as_u16(), head.bytes().len()), (200, 0));
}

#[tokio::test]
async fn a_file_is_sent_as_it_is_stored_to_clients_that_accept_gzip() {
    let app = TestApp::new(app(|_| {})).admin();
    let files = files(&app).await;
    assert_eq!(files.len(), 3, "{files:?}");
    for file in files {
        let plain = with(&app, &file, &[]).await;
        let gzip = with(&app, &file, &[("accept-encoding", "br, gzip")]).await;
        let mut content = Vec::new();
        GzDecoder::new(&gzip.bytes()[..]).read_to_end(&mut content).unwrap();
        assert!(content == *plain.bytes(), "{file}");
        assert_eq!((plain.header("content-encoding"), gzip.header("content-encoding")), (None, Some("gzip")));
        let content_type = match file.rsplit('.').next().unwrap() {
            "js" => "text/javascript; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            _ => "image/png",
        };
        for response in [&plain, &gzip] {
            assert_eq!(response.status(), 200);
            assert_eq!(response.header("content-type"), Some(content_type));
            assert_eq!(response.header("x-content-type-options"), Some("nosniff"));
            assert_eq!(response.header("vary"), Some("accept-encoding"));
            assert_eq!(response.header("cache-control"), Some("max-age=31536000, immutable"));
        }
        let (etag, etag_of_gzip) = (plain.header("etag").unwrap(), gzip.header("etag").unwrap());
        assert_ne!(etag, etag_of_gzip, "they differ in their bytes");

        for (accept, expected) in [
            ("gzip;q=0", None),
            ("identity, gzip;q=0.5", None),
            ("br", None),
            ("", None),
            ("*;q=0.2", Some("gzip")),
            ("deflate, gzip;q=1.0, *;q=0.5", Some("gzip")),
        ] {
            let response = with(&app, &file, &[("accept-encoding", accept)]).await;
            assert_eq!(response.header("content-encoding"), expected, "{accept}");
        }

        for (accept, known, status) in [
            ("gzip", etag_of_gzip, 304),
            ("identity", etag, 304),
            ("gzip", &*format!("\"a\", W/{etag_of_gzip}"), 304),
            ("gzip", "*", 304),
            ("gzip", etag, 200),
            ("gzip", "\"other\"", 200),
        ] {
            let response = with(&app, &file, &[("accept-encoding", accept), ("if-none-match", known)]).await;
            assert_eq!(response.status(), status, "{accept} {known}");
            assert_eq!(response.bytes().is_empty(), status == 304);
            assert!(response.header("etag").is_some() && response.header("cache-control").is_some());
        }

        let head = app.request(Method::HEAD, &file).header("accept-encoding", "gzip").send().await;
        assert_eq!((head.status().as_u16(), head.bytes().len()), (200, 0));
        assert_eq!(head.header("content-length"), Some(&*gzip.bytes().len().to_string()));
    }
    for path in ["/docs/swagger/", "/docs/swagger/index.html", "/docs/swagger/..%2Fopenapi.json"] {
        assert_eq!(app.get(path).send().await.status(), 404, "{path}");
    }
    assert_eq!(app.post(PAGE).send().await.status(), 405);
}

#[tokio::test]
async fn page_and_files_are_where_the_document_is() {
    let admin = TestApp::new(app(|_| {})).admin();
    let paths = [files(&admin).await, vec![PAGE.to_owned()]].concat();
    for (serve, on_main, on_admin) in
        [(ServeOpenApi::Admin, 404, 200), (ServeOpenApi::Main, 200, 404), (ServeOpenApi::Off, 404, 404)]
    {
        let app = TestApp::new(app(move |config| config.set_openapi_serve(serve)));
        for path in &paths {
            assert_eq!(app.get(path).send().await.status(), on_main, "{serve:?} {path}");
            assert_eq!(app.admin().get(path).send().await.status(), on_admin, "{serve:?} {path}");
        }
    }
    let app = app(|config| {
        config.set_openapi_serve(ServeOpenApi::Main);
        config.set_openapi_access(OpenApiAccess::Identified);
    });
    let app = TestApp::new(app.verifier(ApiKeys::new().key(KEY, Identity::new("ann"))));
    for path in &paths {
        assert_eq!(app.get(path).send().await.status(), 401, "{path}");
        assert_eq!(with(&app, path, &[("x-api-key", KEY)]).await.status(), 200, "{path}");
    }
}

#[test]
fn a_route_of_the_app_at_their_paths_is_an_error_only_beside_them() {
    let with_own = |change: fn(&mut Config)| {
        App::with_routes(routes![own]).config(Config::default()).configure(change).into_router().map(drop)
    };
    with_own(|_| {}).unwrap();
    with_own(|config| config.set_openapi_serve(ServeOpenApi::Off)).unwrap();
    for change in [(|config: &mut Config| config.set_openapi_serve(ServeOpenApi::Main)) as fn(&mut Config), |config| {
        config.set_admin_addr(AdminAddr::Main);
    }] {
        let error = with_own(change).unwrap_err().to_string();
        assert!(error.contains("where routekit serves the files of Swagger UI"), "{error}");
    }
}
