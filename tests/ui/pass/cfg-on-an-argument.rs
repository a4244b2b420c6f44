//! An argument that is compiled out is not extracted.

use routekit::{prelude::*, test::TestApp};

#[post("/users/{id}")]
async fn add(
    #[cfg(any())] id: NoSuchType,
    #[cfg(not(any()))] id: u32,
    #[cfg(any())] body: Json<NoSuchType>,
    #[cfg(not(any()))] body: String,
    #[cfg(any())] users: Dep<NoSuchType>,
) -> String {
    format!("{id} {body}")
}

#[post("/unit", invalidates("users"))]
async fn unit(#[cfg(any())] body: NoSuchType) {}

fn main() {
    let app = TestApp::new(App::with_routes(routes![add, unit]));
    assert_eq!(add::ROUTE.describe().inputs.len(), 2);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        assert_eq!(app.post("/users/7").body("Ann").send().await.text(), "7 Ann");
    });
}
