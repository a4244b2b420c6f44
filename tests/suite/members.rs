//! Calls every route of the examples without credentials, with invalid, insufficient and sufficient ones.

use http::Method;
use jsonwebtoken::{EncodingKey, Header, encode};
use routekit::{
    auth::{Access, Grant, GrantKind},
    test::{TestApp, TestRequest},
};
use serde_json::json;

use crate::jwt::unix_time;

const SECRET: &[u8] = b"the secret that the tests of members share";

fn token(secret: &[u8], grants: &[Grant]) -> String {
    let named = |kind| grants.iter().filter(|grant| grant.kind() == kind).map(Grant::name).collect::<Vec<_>>();
    let claims = json!({
        "iss": members::ISSUER, "aud": members::AUDIENCE, "sub": "ann", "exp": unix_time() + 60,
        "scope": named(GrantKind::Scope).join(" "),
        "roles": named(GrantKind::Role),
        "permissions": named(GrantKind::Permission),
    });
    let token = encode(&Header::default(), &claims, &EncodingKey::from_secret(secret)).unwrap();
    format!("Bearer {token}")
}

/// The caller of a request.
#[derive(Debug, Clone, Copy)]
enum Caller<'a> {
    Anonymous,
    Wrong,
    /// An identified user with these grants.
    With(&'a [Grant]),
}

/// Statuses of a request of each route by this caller, by method and path.
async fn walk(app: &TestApp, call: impl Fn(TestRequest, Caller<'_>) -> TestRequest) -> usize {
    let mut closed = 0;
    for row in app.table().rows() {
        let method: Method = row.meta.method().into();
        let path = row.path.replace("{name}", "ann");
        let ask =
            async |caller: Caller<'_>| call(app.request(method.clone(), &path), caller).send().await.status().as_u16();
        // The request reached the handler, even if it found no such member.
        let passes = |status: u16| [200, 404, 415].contains(&status);
        let label = format!("{method} {path}");
        match &*row.policies.access {
            Access::Public => assert!(passes(ask(Caller::Anonymous).await), "{label}"),
            Access::Optional => {
                assert!(passes(ask(Caller::Anonymous).await), "{label}");
                assert_eq!(ask(Caller::Wrong).await, 401, "{label}");
                assert!(passes(ask(Caller::With(&[])).await), "{label}");
            }
            Access::Identified(all) => {
                closed += 1;
                assert_eq!(ask(Caller::Anonymous).await, 401, "{label}");
                assert_eq!(ask(Caller::Wrong).await, 401, "{label}");
                let weak = ask(Caller::With(&[])).await;
                assert!(if all.is_empty() { passes(weak) } else { weak == 403 }, "{label}: {weak}");
                // Each requirement is needed, and any of its alternatives is enough.
                for (place, any) in all.iter().enumerate() {
                    let mut others: Vec<Grant> = all.iter().map(|any| any[0].clone()).collect();
                    others.remove(place);
                    assert_eq!(ask(Caller::With(&others)).await, 403, "{label} without {any:?}");
                    for grant in any {
                        let right = [&others[..], std::slice::from_ref(grant)].concat();
                        assert!(passes(ask(Caller::With(&right)).await), "{label} with {right:?}");
                    }
                }
            }
            _ => panic!("{label} is of a kind that the walk does not know"),
        }
    }
    closed
}

#[tokio::test]
async fn members_by_token_need_each_grant() {
    let app = TestApp::new(members::app(SECRET));
    let closed = walk(&app, |request, caller| match caller {
        Caller::Anonymous => request,
        Caller::Wrong => request.header("authorization", &token(b"the secret of another party, as long as ours", &[])),
        Caller::With(grants) => request.header("authorization", &token(SECRET, grants)),
    });
    assert_eq!((app.table().rows().len(), closed.await), (7, 5));
}

#[tokio::test]
async fn members_by_api_key_need_each_grant() {
    let app = TestApp::new(members::app(SECRET));
    let ask = async |method: Method, path: &str| {
        app.request(method, path).header("x-api-key", "nightly-report-key").send().await.status().as_u16()
    };
    assert_eq!(ask(Method::GET, "/members").await, 200);
    assert_eq!(ask(Method::GET, "/me").await, 200);
    assert_eq!(ask(Method::POST, "/members").await, 403);
}

#[tokio::test]
async fn sessions_by_session_layer_need_each_grant() {
    use sessions::{Sessions, User};
    let store = Sessions::default();
    store.open("weak", User { name: "Bob".to_owned(), staff: false });
    store.open("right", User { name: "Ann".to_owned(), staff: true });
    let app = TestApp::new(sessions::app(store));
    let closed = walk(&app, |request, caller| match caller {
        Caller::Anonymous => request,
        Caller::Wrong => request.header("cookie", "session=wrong"),
        Caller::With([]) => request.header("cookie", "a=b; session=weak"),
        Caller::With(_) => request.header("cookie", "session=right"),
    });
    assert_eq!((app.table().rows().len(), closed.await), (3, 2));
}
