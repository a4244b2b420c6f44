//! The rate limit of each user on each route.

use super::{Production, header, issued, token};

#[tokio::test]
async fn a_limit_counts_per_user_and_route() {
    let mut app = Production::start_issued(issued().env("RATE_LIMIT_MAX", "2").env("RATE_LIMIT_WINDOW", "1h"));
    for _ in 0..2 {
        assert_eq!(app.get("/v2/users").await.status(), 200);
    }
    let refused = app.get("/v2/users").await;
    assert_eq!(refused.status(), 429);
    assert!(header(&refused, "retry-after").parse::<u64>().unwrap() > 1000, "{:?}", refused.headers());
    assert_eq!(app.get("/v1/users").await.status(), 200, "another route");
    app.token = token("bob", &[], 600);
    assert_eq!(app.get("/v2/users").await.status(), 200, "another user");
}
