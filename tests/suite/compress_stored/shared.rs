//! Requests that wait for one call of the handler.

use std::time::Duration;

use routekit::{prelude::*, test::TestApp};
use tokio::{task::JoinSet, time::sleep};

use super::{GZIP, IDENTITY, body, get, text};
use crate::support::{Runs, exact};

#[get("/packed/slow", cache(ttl = 60, compress_stored))]
async fn slow(runs: Dep<Runs>) -> String {
    sleep(Duration::from_millis(100)).await;
    text(runs.next())
}

#[tokio::test(start_paused = true)]
async fn waiting_clients_get_a_form_that_they_accept() {
    let app = TestApp::new(App::with_routes(routes![slow]).cache(exact()).provide(Runs::default()));
    let mut clients = JoinSet::new();
    for client in 0..100 {
        let app = app.clone();
        clients.spawn(async move {
            let accept = if client % 2 == 0 { IDENTITY } else { GZIP };
            let answer = get(&app, "/packed/slow", accept).await;
            assert_eq!((answer.header("x-cache"), answer.header("vary")), (Some("MISS"), Some("accept-encoding")));
            let (body, is_compressed) = body(&answer);
            assert_eq!(body, text(1), "the handler runs once");
            assert!(accept == GZIP || !is_compressed);
            is_compressed
        });
    }
    let compressed = clients.join_all().await.into_iter().filter(|is_compressed| *is_compressed).count();
    assert!(compressed >= 49, "{compressed} of 50 that accept it");
}
