//! A store with twenty users, as in `tests/benches/socket/users.rs`. The frameworks that want a schema of what they
//! answer want it of different versions of schemars, so each program has this file as a module.

use std::sync::LazyLock;

use serde::Serialize;

#[derive(Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct User {
    id: u64,
    name: String,
    email: String,
    roles: Vec<String>,
    active: bool,
}

#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Page {
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
    pub fn of_twenty() -> Self {
        Self { items: USERS.clone(), page: 1, total: 20 }
    }

    pub fn empty() -> Self {
        Self { items: Vec::new(), page: 1, total: 0 }
    }
}

/// The address of `PROGRAM serve ADDR`.
pub fn addr() -> String {
    std::env::args().nth(2).expect("PROGRAM serve ADDR")
}
