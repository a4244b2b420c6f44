//! What the handlers take and answer: the same on both sides.

use axum::body::Bytes;
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
pub(crate) struct Filter {
    pub(crate) page: u32,
    pub(crate) limit: u32,
    pub(crate) search: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct NewUser {
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) age: u8,
}

/// A prebuilt body.
pub(crate) const HELLO: Bytes = Bytes::from_static(br#"{"items":[],"total":0}"#);

/// A page of twenty users: 2.4 KB of JSON.
#[derive(Serialize)]
pub(crate) struct Page {
    items: Vec<User>,
    page: u32,
    total: u32,
}

#[derive(Serialize)]
struct User {
    id: u64,
    name: String,
    email: String,
    roles: Vec<String>,
    active: bool,
}

impl Page {
    pub(crate) fn of_twenty() -> Self {
        let user = |id| User {
            id,
            name: format!("User number {id}"),
            email: format!("user-{id}@example.com"),
            roles: vec!["member".to_owned(), "editor".to_owned()],
            active: true,
        };
        Self { items: (0..20).map(user).collect(), page: 1, total: 20 }
    }
}
