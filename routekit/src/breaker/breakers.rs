use std::{collections::BTreeMap, fmt, sync::Arc};

use super::{CircuitBreaker, Snapshot};

/// The circuit breakers of an app, by their names: those of its routes, and those that the program has given it. A clone is one reference count.
///
/// A handler takes them as `Dep<Breakers>`.
///
/// ```
/// use routekit::{breaker::{Breakers, CircuitBreaker}, prelude::*};
///
/// #[get("/charge")]
/// async fn charge(breakers: Dep<Breakers>) -> Result<String> {
///     let payments = breakers.get("payments").ok_or(Problem::internal("no breaker"))?;
///     // An open breaker is a 503 with `Retry-After`, here as everywhere.
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
    /// The one of this name; the breaker of a route that names none is called as the route is: `GET /v2/users`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<CircuitBreaker> {
        self.0.get(name).cloned()
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &CircuitBreaker> {
        self.0.values()
    }

    /// How all of them are, by name.
    #[must_use]
    pub fn snapshots(&self) -> Vec<Snapshot> {
        self.iter().map(CircuitBreaker::snapshot).collect()
    }
}

/// By their names; of two of one name, the later.
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
