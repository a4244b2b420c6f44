use std::{collections::BTreeMap, fmt, sync::Arc};

use super::{handle::CircuitBreaker, snapshot::BreakerSnapshot};

/// All circuit breakers of an app, by name: those declared on routes and those added with
/// [`App::breaker`](crate::App::breaker).
///
/// Handlers extract it as `Dep<Breakers>`. Cloning it clones one `Arc`.
///
/// ```
/// use routekit::{breaker::{Breakers, CircuitBreaker}, prelude::*};
///
/// #[get("/charge")]
/// async fn charge(breakers: Dep<Breakers>) -> Result<String> {
///     let payments = breakers.get("payments").ok_or(Problem::internal("no breaker"))?;
///     // As a response, an open breaker is a 503 with `Retry-After`.
///     let charged = payments.call(|| async { Ok::<_, std::io::Error>("charged") }).await;
///     Ok(charged.map_err(Problem::from)?.to_owned())
/// }
///
/// # fn main() {
/// let payments = CircuitBreaker::builder("payments").failure_rate(0.2).build().unwrap();
/// let app = App::with_routes(routes![charge]).breaker(payments);
/// # let _ = app;
/// # }
/// ```
#[derive(Clone, Default)]
pub struct Breakers(Arc<BTreeMap<String, CircuitBreaker>>);

impl Breakers {
    /// Returns the breaker with this name.
    ///
    /// The breaker of a route without a name of its own has the name of the route: `GET /v2/users`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<CircuitBreaker> {
        self.0.get(name).cloned()
    }

    /// Returns an iterator over all breakers, ordered by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &CircuitBreaker> {
        self.0.values()
    }

    /// Returns a snapshot of every breaker, ordered by name.
    #[must_use]
    pub fn snapshots(&self) -> Vec<BreakerSnapshot> {
        self.iter().map(CircuitBreaker::snapshot).collect()
    }
}

/// Each breaker has its name as its key. If two have the same name, the later one replaces the earlier one.
impl FromIterator<CircuitBreaker> for Breakers {
    fn from_iter<I: IntoIterator<Item = CircuitBreaker>>(breakers: I) -> Self {
        Self(Arc::new(breakers.into_iter().map(|breaker| (breaker.name().to_owned(), breaker)).collect()))
    }
}

impl fmt::Debug for Breakers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
