//! A store with twenty users.

use std::sync::LazyLock;

use serde::Serialize;

#[derive(Clone, Serialize)]
struct User {
    id: u64,
    name: String,
    email: String,
    roles: Vec<String>,
    active: bool,
}

/// All users: 2.4 KB of JSON.
#[derive(Serialize)]
pub(crate) struct Page {
    items: Vec<User>,
    page: u32,
    total: u32,
}

static USERS: LazyLock<Vec<User>> = LazyLock::new(|| {
    let user = |id| User {
        id,
        name: format!("User number {id}"),
        email: format!("user-{id}@example.com"),
        roles: vec!["member".to_owned(), "editor".to_owned()],
        active: true,
    };
    (0..20).map(user).collect()
});

impl Page {
    /// Copied from the store, as from a database.
    pub(crate) fn of_twenty() -> Self {
        Self { items: USERS.clone(), page: 1, total: 20 }
    }
}
