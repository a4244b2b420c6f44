//! Every way to say who may call a route.

use routekit::{identity::Claims, prelude::*};

#[derive(serde::Deserialize)]
struct Tenant {
    _tenant: String,
}

#[get("/bare", auth)]
async fn bare(_who: Identity, _claims: Claims<Tenant>) {}

#[get("/grants", auth(scope("a", "b"), role("admin"), permission("delete things")))]
async fn grants(_who: routekit::Identity) {}

#[get("/equals", auth(scope = "a", role = "admin"))]
async fn equals() {}

#[get("/any", auth(any(scope("a"), role("b", "c"), permission("d")), scope("e"),))]
async fn any() {}

#[get("/optional", auth(optional))]
async fn optional(_who: Option<Identity>, _claims: Option<Claims<Tenant>>) {}

#[get("/public", public)]
async fn public(_who: Option<Identity>) {}

// Whether the app lets everybody in is known when it starts.
#[get("/undeclared")]
async fn undeclared(_who: Identity) {}

// `identity` is no placeholder because of its type.
#[get("/named/{identity}", auth)]
async fn named(identity: String, who: Identity) -> String {
    format!("{identity} {}", who.sub())
}

fn main() {
    let _ = routes![bare, grants, equals, any, optional, public, undeclared, named];
}
