use routekit::{prelude::*, test::TestApp};

// A keyword as a placeholder.
#[get("/by-type/{type}")]
async fn by_type(r#type: String) -> String {
    r#type
}

// A placeholder that is only documented.
#[get("/users/{id}")]
async fn get_user(_id: u32) {}

#[get("/files/{*rest}")]
async fn get_file(mut rest: String) -> String {
    rest.push('!');
    rest
}

// A literal brace is no placeholder.
#[get("/{{users}}/{id}")]
async fn braces(id: u32) -> String {
    id.to_string()
}

// A `String` is the body where no placeholder is left for it, however alike the names.
#[post("/tags/{tag}")]
async fn create_tag(tag: String, tags: String) -> String {
    tag + &tags
}

fn main() {
    let _ = TestApp::new(App::with_routes(routes![by_type, get_user, get_file, braces, create_tag]));
}
