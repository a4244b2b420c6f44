use routekit::{
    axum::{
        extract::State,
        http::{HeaderMap, StatusCode},
        response::IntoResponse,
    },
    prelude::*,
    test::TestApp,
};

#[derive(serde::Deserialize, Validate)]
struct NewUser {
    #[validate(length(min = 1))]
    name: String,
}

struct Users;

// The body first, taken apart, and others after it.
#[post("/users")]
async fn create_user(Json(user): Json<NewUser>, users: Dep<Users>, headers: HeaderMap) -> (StatusCode, String) {
    drop((users, headers));
    (StatusCode::CREATED, user.name)
}

#[put("/shops/{shop}/users/{id}")]
async fn rename_user(
    Json(NewUser { name }): Json<NewUser>,
    Query(filter): Query<NewUser>,
    id: u32,
    mailer: Option<Dep<Users>>,
    shop: String,
) -> impl IntoResponse {
    drop(mailer);
    format!("{shop} {id} {name} {}", filter.name)
}

#[derive(Clone)]
struct Settings;

// A state of its own, and a dependency of the app.
#[get("/settings", state = Settings)]
async fn settings(State(_settings): State<Settings>, _users: Dep<Users>, _filter: Query<NewUser>) {}

fn main() {
    let app = App::with_routes(routes![create_user, rename_user, settings]);
    let _ = TestApp::new(app.provide(Users).provide(Settings));
}
