//! A list of books. `routekit::guide::getting_started` builds it step by step.

use std::sync::{Mutex, MutexGuard, PoisonError};

use routekit::{health::HealthCheck, prelude::*, respond::Created};
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize)]
struct Book {
    id: usize,
    title: String,
}

#[derive(Deserialize, Validate)]
struct NewBook {
    #[validate(length(min = 1, max = 200))]
    title: String,
}

/// The books, in memory. A real app has a pool of connections to a database here.
#[derive(Default)]
struct Books(Mutex<Vec<Book>>);

impl Books {
    fn lock(&self) -> MutexGuard<'_, Vec<Book>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// List the books.
#[get("/books", timeout = "2s", cache(ttl = "1m", tags = "books"), breaker)]
async fn list_books(books: Dep<Books>) -> Json<Vec<Book>> {
    Json(books.lock().clone())
}

/// Add a book.
#[post("/books", invalidates("books"))]
async fn add_book(Json(new): Json<NewBook>, books: Dep<Books>) -> Created<Json<Book>> {
    let mut books = books.lock();
    let book = Book { id: books.len() + 1, title: new.title };
    books.push(book.clone());
    Created(Json(book))
}

fn app() -> App {
    App::discover().provide(Books::default()).health(HealthCheck::system())
}

#[tokio::main]
async fn main() -> Result<(), routekit::Error> {
    routekit::telemetry::init()?;
    app().serve().await
}
