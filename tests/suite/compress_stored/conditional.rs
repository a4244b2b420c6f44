//! Conditional requests of clients, which may have either form.

use http::StatusCode;
use routekit::test::TestResponse;

use super::{GZIP, IDENTITY, app, body, get, text, told};

#[tokio::test]
async fn not_modified_has_the_headers_of_the_form_that_it_stands_for() {
    let app = app();
    get(&app, "/packed/page", IDENTITY).await;
    for (accept, etag) in [(IDENTITY, "\"1\""), (GZIP, "W/\"1\"")] {
        let with = async |known: &str| -> TestResponse {
            let request = app.get("/packed/page").header("accept-encoding", accept);
            request.header("if-none-match", known).send().await
        };
        for known in ["\"1\"", "W/\"1\"", "\"0\", W/\"1\"", "*"] {
            let answer = with(known).await;
            assert_eq!(answer.status(), StatusCode::NOT_MODIFIED, "{accept} {known}");
            assert_eq!(told(&answer), [Some("HIT"), None, Some("accept-encoding"), Some(etag)], "{accept} {known}");
            for absent in ["content-length", "content-type"] {
                assert_eq!(answer.header(absent), None, "{accept} {known}");
            }
            assert!(answer.bytes().is_empty());
        }
        let answer = with("\"2\"").await;
        assert_eq!((answer.status(), body(&answer)), (StatusCode::OK, (text(1), accept == GZIP)), "{accept}");
    }
}

/// A range of a client that has the compressed form must not begin within the plain one.
#[tokio::test]
async fn condition_goes_before_a_range() {
    let app = app();
    get(&app, "/packed/page", IDENTITY).await;
    let request = app.get("/packed/page").header("accept-encoding", GZIP).header("range", "bytes=0-1");
    let answer = request.header("if-none-match", "W/\"1\"").send().await;
    assert_eq!(answer.status(), StatusCode::NOT_MODIFIED);
}
