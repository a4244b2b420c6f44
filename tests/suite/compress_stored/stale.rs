//! Revalidation, background refreshes and stale responses with compressed entries.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use routekit::{ManualClock, prelude::*, test::TestApp};

use super::{GZIP, IDENTITY, body, get, text, told};
use crate::support::{Runs, exact, idle};

const STEP: Duration = Duration::from_secs(15);

/// Confirms what it has said before.
#[get("/packed/confirmed", cache(ttl = 10, compress_stored))]
async fn confirmed(headers: HeaderMap, runs: Dep<Runs>) -> Response {
    let run = runs.next();
    if headers.get("if-none-match").is_some_and(|etag| etag == "\"1\"") {
        return (StatusCode::NOT_MODIFIED, [("etag", "\"1\""), ("x-run", if run == 2 { "2" } else { "more" })])
            .into_response();
    }
    ([(header::ETAG, "\"1\"")], text(run)).into_response()
}

#[get("/packed/refreshed", cache(ttl = 10, compress_stored, stale_while_revalidate = 30))]
async fn refreshed(runs: Dep<Runs>) -> String {
    text(runs.next())
}

/// Succeeds once.
#[get("/packed/fails", cache(ttl = 10, compress_stored, stale_if_error = 60))]
async fn fails(runs: Dep<Runs>) -> Response {
    if runs.next() == 1 { text(1).into_response() } else { StatusCode::INTERNAL_SERVER_ERROR.into_response() }
}

fn start() -> (TestApp, ManualClock) {
    let clock = ManualClock::new();
    let app = App::with_routes(routes![confirmed, refreshed, fails]).cache(exact()).provide(Runs::default());
    (TestApp::builder(app).clock(clock.clock()).build(), clock)
}

#[tokio::test]
async fn confirmed_response_is_stored_again_as_it_was() {
    let (app, clock) = start();
    get(&app, "/packed/confirmed", GZIP).await;
    for (accept, run) in [(IDENTITY, "2"), (GZIP, "more")] {
        clock.advance(STEP);
        let answer = get(&app, "/packed/confirmed", accept).await;
        assert_eq!(told(&answer), [Some("MISS"), None, Some("accept-encoding"), Some("\"1\"")], "{accept}");
        assert_eq!(body(&answer), (text(1), false), "{accept}");
        for (accept, is_compressed, etag) in [(IDENTITY, false, "\"1\""), (GZIP, true, "W/\"1\"")] {
            let hit = get(&app, "/packed/confirmed", accept).await;
            assert_eq!(body(&hit), (text(1), is_compressed), "{accept}");
            assert_eq!((hit.header("x-run"), hit.header("etag")), (Some(run), Some(etag)), "{accept}");
            assert_eq!(hit.headers().get_all("vary").iter().count(), 1, "it does not grow");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn stale_response_is_served_in_both_forms_while_it_is_refreshed() {
    let (app, clock) = start();
    get(&app, "/packed/refreshed", IDENTITY).await;
    for (run, accept) in [(1, GZIP), (2, IDENTITY), (3, GZIP)] {
        clock.advance(STEP);
        let stale = get(&app, "/packed/refreshed", accept).await;
        assert_eq!(stale.header("x-cache"), Some("STALE"), "{run}");
        assert_eq!((body(&stale), stale.header("vary")), ((text(run), accept == GZIP), Some("accept-encoding")));
        idle().await;
        let hit = get(&app, "/packed/refreshed", accept).await;
        assert_eq!((body(&hit), hit.header("x-cache")), ((text(run + 1), accept == GZIP), Some("HIT")));
    }
}

#[tokio::test]
async fn stale_response_stands_in_for_a_failure_in_both_forms() {
    let (app, clock) = start();
    get(&app, "/packed/fails", GZIP).await;
    clock.advance(STEP);
    for accept in [GZIP, IDENTITY] {
        let stale = get(&app, "/packed/fails", accept).await;
        assert_eq!((stale.status(), stale.header("x-cache")), (StatusCode::OK, Some("STALE")), "{accept}");
        assert_eq!(body(&stale), (text(1), accept == GZIP));
        let etag = stale.header("etag").unwrap();
        let request = app.get("/packed/fails").header("accept-encoding", accept).header("if-none-match", etag);
        let short = request.send().await;
        assert_eq!((short.status(), short.header("etag")), (StatusCode::NOT_MODIFIED, Some(etag)), "{accept}");
    }
}
