use routekit::prelude::*;

#[get(
    "/users",
    auth,
    cache(
        per = "user",
        stale_while_revalidate = "30",
        stale_if_error(300),
        client_ttl = "250ms",
        cdn_ttl = 0,
        cdn_tags("Cache-Tag"),
        honour_client_directives,
        honor_client_directives = false
    )
)]
async fn list_users() {}

fn main() {}
