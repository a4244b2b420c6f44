//! Every way to say what is invalid once a handler has ended.

use routekit::{axum::http::request::Parts, prelude::*};

fn tenant(request: &Parts) -> String {
    format!("{:?}", request.headers.get("x-tenant"))
}

#[post("/users", invalidates = "users")]
async fn create_user() {}

#[put("/users/{id}", invalidates("users", "user:{id}"))]
async fn rename_user(id: u32) -> String {
    id.to_string()
}

#[patch("/me", auth, invalidates(user))]
async fn update_me(_who: Identity) {}

#[delete(
    "/users/{id}",
    invalidates(pattern = "/v2/users/{id}/*", user, "users", pattern("/a", "*/b"), partition = crate::tenant,)
)]
async fn delete_user(id: String) {
    drop(id);
}

#[derive(serde::Deserialize)]
struct Opaque(u32);

#[route(post, "/opaque/{id}", invalidates("opaque:{id}", "{{literal}}"))]
async fn opaque(id: Opaque) -> String {
    id.0.to_string()
}

#[derive(serde::Deserialize, Validate)]
struct Place {
    id: u32,
}

#[post("/paths/{id}", invalidates("path:{id}"))]
async fn by_path(Path(place): Path<Place>) -> String {
    place.id.to_string()
}

macro_rules! invalidating {
    ($name:ident, $tag:literal, $pattern:literal) => {
        #[post("/things", invalidates($tag, pattern = $pattern))]
        async fn $name() {}
    };
}

invalidating!(create_thing, "things", "/things/*");

fn main() {
    let _ = routes![create_user, rename_user, update_me, delete_user, opaque, by_path, create_thing];
}
