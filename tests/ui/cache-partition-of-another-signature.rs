use routekit::prelude::*;

mod tenants {
    pub(crate) fn of(headers: &routekit::axum::http::HeaderMap) -> Option<String> {
        headers.get("x-tenant")?.to_str().ok().map(str::to_owned)
    }
}

#[get("/users", cache(ttl = 60, partition = tenants::of))]
async fn list_users() {}

fn main() {}
