//! Every way to say how answers are cached.

use std::fmt;

use routekit::{axum::http::request::Parts, prelude::*};

fn tenant(request: &Parts) -> String {
    format!("{:?}", request.headers.get("x-tenant"))
}

mod keys {
    use super::Parts;

    pub(crate) fn page<const DEFAULT: u32>(request: &Parts) -> String {
        request.uri.query().map_or_else(|| DEFAULT.to_string(), str::to_owned)
    }
}

#[get("/users", cache(ttl = 300, tags = "users"))]
async fn list_users() {}

#[head("/users/head", cache(ttl = "1h30m", vary = "Accept-Language", max_body = "64KiB"))]
async fn head_users() {}

// Only what the answers say makes them fresh.
#[get("/clubs", cache(invalidate_on("POST /v2/users", "DELETE /v2/users/{id}"),))]
async fn clubs() {}

#[get("/mine", auth, cache(per = "user", ttl = 60, vary("authorization", "cookie"), partition = tenant))]
async fn mine(_who: Identity) {}

#[get("/ours", auth(optional), cache(shared, key = self::keys::page::<1>, invalidate_on = "PATCH /"))]
async fn ours() {}

// Tags of documentation are something else.
#[get("/tagged", tags("users"), cache(ttl = 60, tags("users", "{{literal}}", r#"{{"raw"}}"#), max_body = 4096))]
async fn tagged() {}

// Stale answers, and what caches of others are told.
#[get("/prices", cache(ttl = 60, stale_while_revalidate = 30, stale_if_error = "5m", client_ttl = 10, cdn_ttl = "1h"))]
async fn prices() {}

#[get("/news", cache(ttl = 60, tags = "news", cdn_tags = "Cache-Tag", honour_client_directives = false))]
async fn news() {}

// Handlers may add tags; any case is fine; half seconds need not be sent.
#[get("/articles", cache(stale_if_error = "500ms", cdn_tags = "surrogate-key", honour_client_directives = true))]
async fn articles() {}

#[get("/orders", auth, cache(per = "user", ttl = 60, client_ttl = "1m", stale_while_revalidate = "1s500ms"))]
async fn orders() {}

// Placeholders whose types show themselves, and one that does not.
#[derive(serde::Deserialize)]
#[serde(rename_all = "lowercase")]
enum Shown {
    One,
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("one")
    }
}

#[derive(serde::Deserialize)]
enum Opaque {
    One,
}

#[get(
    "/a/{number}/{text}/{shown}/{opaque}/{type}/{untagged}/{*rest}",
    cache(ttl = 60, tags("{number}:{text}", "{shown}", "{opaque}", "{type}", "{rest}"))
)]
async fn placeholders(
    number: u32,
    mut text: String,
    shown: Shown,
    opaque: Opaque,
    r#type: std::borrow::Cow<'static, str>,
    untagged: Opaque,
    _rest: Box<str>,
) -> String {
    text.push_str(&r#type);
    match (shown, opaque, untagged) {
        (Shown::One, Opaque::One, Opaque::One) => number.to_string() + &text,
    }
}

#[derive(serde::Deserialize, Validate)]
struct Place {
    shop: String,
    id: u32,
}

#[get("/shops/{shop}/users/{id}", cache(ttl = 60, tags("shop:{shop}", "user:{id}")))]
async fn by_path(place: Path<Place>) -> String {
    format!("{} {}", place.0.shop, place.0.id)
}

macro_rules! cached {
    ($name:ident, $id:ident: $ty:ty, $tag:literal, $partition:path) => {
        #[get("/things/{id}", cache(ttl = 60, tags($tag), partition = $partition))]
        async fn $name($id: $ty) -> String {
            $id.to_string()
        }
    };
}

cached!(get_thing, id: u32, "thing:{id}", crate::tenant);

fn main() {
    let _ = routes![list_users, head_users, clubs, mine, ours, tagged, prices, news, articles, orders, placeholders, by_path, get_thing];
}
