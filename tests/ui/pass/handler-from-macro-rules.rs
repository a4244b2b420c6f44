//! Names and types may come from elsewhere than the attribute.

use routekit::{prelude::*, test::TestApp};

macro_rules! getter {
    ($name:ident, $id:ident: $ty:ty, $rest:ident: $extractor:ty => $output:ty) => {
        #[get("/things/{id}")]
        async fn $name($id: $ty, $rest: $extractor) -> $output {
            drop($rest);
            $id.to_string()
        }
    };
}

getter!(get_thing, id: u32, things: Dep<Vec<String>> => String);

macro_rules! at {
    ($path:literal, $timeout:literal) => {
        #[get($path, timeout = $timeout)]
        async fn constant() {}
    };
}

at!("/constant", "2s");

fn main() {
    let app = App::with_routes(routes![get_thing, constant]);
    let _ = TestApp::new(app.provide(Vec::<String>::new()));
}
