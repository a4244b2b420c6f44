//! A request with an unsafe method reaches its URL in every spelling (RFC 9111 §4.4, RFC 9110 §4.2.3).

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use routekit::prelude::*;

use super::{did, request, start};

/// How often each page was changed.
#[derive(Debug, Default)]
struct Pages([AtomicUsize; 6]);

/// The pages, whose names need escapes, or may have some.
const NAMES: [&str; 6] = ["7", "a~b", "a@b", "ü", "50%", "a b/c"];

impl Pages {
    fn of(&self, name: &str) -> &AtomicUsize {
        &self.0[NAMES.iter().position(|known| *known == name).expect("only these are requested")]
    }
}

#[get("/spelt/{name}", cache(ttl = 600))]
async fn page(name: String, pages: Dep<Arc<Pages>>) -> String {
    pages.of(&name).load(Ordering::SeqCst).to_string()
}

#[post("/spelt/{name}")]
async fn change(name: String, pages: Dep<Arc<Pages>>) {
    pages.of(&name).fetch_add(1, Ordering::SeqCst);
}

#[put("/spelt/{name}", invalidates(pattern = "/spelt/{name}*"))]
async fn change_declared(name: String, pages: Dep<Arc<Pages>>) {
    pages.of(&name).fetch_add(1, Ordering::SeqCst);
}

#[patch("/spelt/{name}")]
async fn change_elsewhere(name: String) -> [(&'static str, String); 1] {
    [("location", format!("/spelt/{name}"))]
}

#[tokio::test]
async fn unsafe_request_reaches_every_spelling_of_its_url() {
    for (read, changed, expected) in [
        ("/spelt/7", "POST /spelt/%37", "MISS"),
        ("/spelt/%37", "POST /spelt/7", "MISS"),
        ("/spelt/a~b", "POST /spelt/a%7eb", "MISS"),
        ("/spelt/a@b", "POST /spelt/a%40b", "MISS"),
        ("/spelt/%c3%bc", "POST /spelt/%C3%BC", "MISS"),
        ("/spelt/7", "PUT /spelt/%37", "MISS"),
        ("/spelt/%37?x=1", "PUT /spelt/7", "MISS"),
        ("/spelt/7", "PATCH /spelt/%2537", "MISS"),
        ("/spelt/7", "POST /spelt/a~b", "HIT"),
        ("/spelt/50%25", "POST /spelt/7", "HIT"),
    ] {
        let app = App::with_routes(routes![page, change, change_declared, change_elsewhere]);
        let app = start(app.provide(Arc::new(Pages::default())));
        assert_eq!(did(&app, read).await, "MISS", "{read}");
        app.call(request(changed)).await;
        assert_eq!(did(&app, read).await, expected, "{read} after {changed}");
    }
}

/// The name with any of its bytes escaped, and those that must be.
fn spelt(random: &mut fastrand::Rng, name: &str) -> String {
    let byte = |byte: u8| {
        let must = !byte.is_ascii_graphic() || matches!(byte, b'/' | b'%');
        match (must || random.u8(..3) == 0, random.bool()) {
            (false, _) => char::from(byte).to_string(),
            (true, false) => format!("%{byte:02x}"),
            (true, true) => format!("%{byte:02X}"),
        }
    };
    name.bytes().map(byte).collect()
}

#[tokio::test]
async fn no_spelling_reads_what_another_has_changed() {
    let pages = Arc::new(Pages::default());
    let app = start(App::with_routes(routes![page, change, change_declared]).provide(Arc::clone(&pages)));
    let mut random = fastrand::Rng::with_seed(14);
    let mut hits = 0;
    for _ in 0..5000 {
        let name = NAMES[random.usize(..NAMES.len())];
        let path = format!("/spelt/{}", spelt(&mut random, name));
        match random.u8(..40) {
            0 => assert_eq!(app.post(&path).send().await.status(), 200, "{path}"),
            1 => assert_eq!(app.put(&path).send().await.status(), 200, "{path}"),
            _ => {
                let answer = app.get(&path).send().await;
                let current = pages.of(name).load(Ordering::SeqCst).to_string();
                assert_eq!(answer.text(), current, "{path}: {:?}", answer.header("x-cache"));
                hits += usize::from(answer.header("x-cache") == Some("HIT"));
            }
        }
    }
    assert!(hits > 1000, "only {hits} hits");
}
