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

/// All users: 1.8 KB of JSON.
#[derive(Serialize)]
pub(crate) struct Page {
    items: Vec<User>,
    page: u32,
    total: u32,
}

static USERS: LazyLock<Vec<User>> = LazyLock::new(|| {
    let user = |id| User {
        id,
        name: format!("User {id}"),
        email: format!("user-{id}@example.com"),
        roles: ["member", "editor"][..if id % 3 == 0 { 2 } else { 1 }].iter().copied().map(str::to_owned).collect(),
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
