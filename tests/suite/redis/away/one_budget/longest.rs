//! How long each kind of request waits while Redis hangs: the table of the guide.

use std::time::Duration;

use http::StatusCode;
use routekit::{cache::RedisStore, test::TestRequest};

use super::Process;
use crate::{redis::now, support::RedisServer};

/// The default.
const BUDGET: Duration = Duration::from_millis(50);

/// A kind of request, what it is answered with, and for how many percent of the budget it waits.
struct Row {
    kind: &'static str,
    method: &'static str,
    path: &'static str,
    status: StatusCode,
    percent: u32,
}

#[rustfmt::skip]
const ROWS: [Row; 9] = {
    const OK: StatusCode = StatusCode::OK;
    const AWAY: StatusCode = StatusCode::SERVICE_UNAVAILABLE;
    const TWICE: &str = "/budget/twice-limited-order";
    [
        Row { kind: "a hit in memory", method: "GET", path: "/budget/free/0", status: OK, percent: 0 },
        Row { kind: "a miss", method: "GET", path: "/budget/free/{}", status: OK, percent: 100 },
        Row { kind: "a limited hit", method: "GET", path: "/budget/page/0", status: OK, percent: 100 },
        Row { kind: "a limited miss", method: "GET", path: "/budget/page/{}", status: OK, percent: 100 },
        Row { kind: "a twice limited miss", method: "GET", path: "/budget/twice-limited/{}", status: OK, percent: 150 },
        Row { kind: "an idempotent POST", method: "POST", path: "/budget/order", status: AWAY, percent: 100 },
        Row { kind: "a limited one", method: "POST", path: "/budget/limited-order", status: AWAY, percent: 150 },
        Row { kind: "a twice limited one", method: "POST", path: TWICE, status: AWAY, percent: 200 },
        Row { kind: "an invalidation", method: "POST", path: "/budget/change", status: OK, percent: 500 },
    ]
};

#[tokio::test]
async fn requests_wait_for_what_the_guide_says_while_redis_hangs() {
    let Some(server) = RedisServer::start("budget-longest", &[]) else { return };
    let redis = RedisStore::builder(server.url()).budget(BUDGET).build().unwrap();
    let process = Process::with_memory(redis);
    process.until_hit().await;
    process.free(0).await;
    for (number, row) in ROWS.iter().enumerate() {
        let send = async |round: usize| {
            let (method, item) = (row.method.parse().unwrap(), 100 + 10 * number + round);
            let request: TestRequest = process.app.request(method, &row.path.replace("{}", &item.to_string()));
            let start = now();
            let answer = request.header("idempotency-key", &format!("\"{item}\"")).send().await;
            let time = now() - start;
            assert_eq!(answer.status(), row.status, "{}", row.kind);
            time
        };
        let time = process.during_hangs(&server, send).await;
        let expected = BUDGET * row.percent / 100;
        eprintln!("{}: {time:?}, of {expected:?}", row.kind);
        assert!(time >= expected * 9 / 10, "{}: {time:?}", row.kind);
        assert!(time < expected + BUDGET * 8 / 10, "{}: {time:?}", row.kind);
    }
}
