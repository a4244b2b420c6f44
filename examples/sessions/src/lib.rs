//! An axum API with its own authentication. Its session layer stays unchanged, one function turns its users into
//! identities, and routes declare their access.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    extract::{Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header};
use routekit::prelude::*;

/// The existing code: sessions in memory, a cookie that names one, and its user.
#[derive(Debug, Clone)]
pub struct User {
    /// The name.
    pub name: String,
    /// Whether this is one of the staff.
    pub staff: bool,
}

/// By session id.
#[derive(Debug, Clone, Default)]
pub struct Sessions(Arc<Mutex<HashMap<String, User>>>);

impl Sessions {
    /// Logs a user in.
    pub fn open(&self, id: &str, user: User) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned(), user);
    }

    fn find(&self, id: &str) -> Option<User> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }
}

/// The existing layer: adds the user of a session to the extensions, and rejects an unknown session.
async fn session(State(sessions): State<Sessions>, mut request: Request, next: Next) -> Response {
    if let Some(id) = session_id(request.headers()) {
        match sessions.find(id) {
            Some(user) => drop(request.extensions_mut().insert(user)),
            None => return StatusCode::UNAUTHORIZED.into_response(),
        }
    }
    next.run(request).await
}

fn session_id(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
    cookies.split(';').find_map(|cookie| cookie.trim().strip_prefix("session="))
}

/// The new part: `identify` turns a user into an identity.
#[must_use = "an app does nothing until it is served"]
pub fn app(sessions: Sessions) -> App {
    App::discover_from(["sessions"])
        .layer(middleware::from_fn_with_state(sessions, session))
        .identify(async |request| {
            let user = request.extensions.get::<User>()?;
            Some(Identity::new(&user.name).with_roles(user.staff.then_some("staff")))
        })
        .require_auth()
}

/// The front page.
#[get("/", public)]
async fn front() -> &'static str {
    "welcome"
}

/// Who is logged in.
#[get("/profile")]
async fn profile(who: Identity) -> String {
    who.sub().to_owned()
}

/// For the staff.
#[get("/orders", auth(role("staff")))]
async fn orders() -> &'static str {
    "no orders"
}
