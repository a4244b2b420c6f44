use routekit::{prelude::*, test::TestApp};

fn main() {
    #[derive(serde::Deserialize, Validate)]
    struct NewUser {
        #[validate(length(min = 1))]
        name: String,
    }

    #[post("/users")]
    async fn create_user(user: Json<NewUser>) -> String {
        user.into_inner().name
    }

    let _ = TestApp::new(App::with_routes(routes![create_user]));
}
