//! The cache itself, as programs and the layers here hold it.

use std::{
    fmt,
    future::Future,
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{
    CacheBuilder, Counters, Entry, Invalidation, Key, Lookup, Stamp, StoreError, StoreSize, Tag, Target,
    clock::names_route,
    contract::{Store, StoreFuture},
    counters::Book,
    deadline::within,
    entry::CENTURY,
    flight::{Flights, Outcome, Role},
    glob::Glob,
    invalidation::{Named, Subject},
    listeners::{Listener, Listeners},
    uncacheable::Marks,
    values::{Settings, Values},
};
use crate::{
    clock::Clock,
    identity::Identity,
    printable::{Chain, Printable},
    route::Method,
    spawner::Spawner,
};

/// How many fills may go on at a time whose clients have left.
const MOST_FILLS: usize = 128;

/// How many handlers that invalidate may.
const MOST_HANDLERS: usize = 1024;

/// A store that takes longer to look or to put counts as one that cannot be reached.
const BUDGET: Duration = Duration::from_millis(250);

/// The bytes of a key that nothing is stored under.
const NOBODYS: &[u8; 8] = b"nobody's";

/// What is invalid must not be lost because a store is slow, nor may a write wait for ever.
const INVALIDATION_BUDGET: Duration = Duration::from_secs(5);

/// A cache: a store, and who is filling it at the moment. A clone is the same one.
///
/// Handlers take the app's as `Dep<Cache>`, to invalidate what a route cannot declare. Everything here happens within one
/// [partition](Self::partition); at first in that of routes without one.
///
/// ```
/// use routekit::{cache::Cache, prelude::*, test::TestApp};
///
/// #[get("/prices", cache(ttl = 300, tags = "prices"))]
/// async fn prices() -> String {
///     "…".to_owned()
/// }
///
/// #[post("/webhooks/stock-exchange")]
/// async fn stock_exchange(cache: Dep<Cache>) -> Result<()> {
///     cache.invalidate_tag("prices").await.map_err(Problem::internal)
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let app = TestApp::new(App::with_routes(routes![prices, stock_exchange]));
/// let asked = async || app.get("/prices").send().await.header("x-cache").unwrap().to_owned();
/// assert_eq!([asked().await, asked().await], ["MISS", "HIT"]);
/// app.post("/webhooks/stock-exchange").send().await;
/// assert_eq!(asked().await, "MISS");
/// # }
/// ```
#[derive(Clone)]
pub struct Cache {
    shared: Arc<Shared>,
    partition: Arc<str>,
}

struct Shared {
    store: Store,
    clock: Clock,
    spawner: Option<Spawner>,
    /// The share by which lifetimes are shortened at most.
    jitter: f64,
    flights: Arc<Flights>,
    marks: Marks,
    listeners: Listeners,
    fills: Arc<Semaphore>,
    handlers: Arc<Semaphore>,
    values: Values,
    book: Book,
}

/// The same cache for whoever must not keep it.
#[derive(Clone)]
pub(crate) struct WeakCache {
    shared: Weak<Shared>,
    partition: Arc<str>,
}

impl WeakCache {
    /// It, if it is still there.
    pub(crate) fn upgrade(&self) -> Option<Cache> {
        self.shared.upgrade().map(|shared| Cache { shared, partition: Arc::clone(&self.partition) })
    }
}

impl Cache {
    /// In memory, of 64 MiB.
    #[must_use]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// The partition that this is about.
    pub(super) fn partition_name(&self) -> &str {
        &self.partition
    }

    /// Another.
    pub fn builder() -> CacheBuilder {
        CacheBuilder::default()
    }

    pub(super) fn of(
        store: Store,
        clock: Clock,
        spawner: Option<Spawner>,
        jitter: f64,
        (listeners, values): (Vec<Listener>, Settings),
    ) -> Self {
        let shared = Shared {
            store,
            spawner,
            jitter,
            flights: Arc::default(),
            marks: Marks::new(clock.now()),
            clock,
            listeners: Listeners::new(listeners),
            fills: Arc::new(Semaphore::new(MOST_FILLS)),
            handlers: Arc::new(Semaphore::new(MOST_HANDLERS)),
            values: Values::new(values),
            book: Book::default(),
        };
        Self { shared: Arc::new(shared), partition: "".into() }
    }

    /// The same within this partition: that of a tenant, say, as `partition = …` of routes names it. Layers and apps that are given it keep to it
    /// where they name no other.
    #[must_use]
    pub fn partition(&self, name: &str) -> Self {
        Self { shared: Arc::clone(&self.shared), partition: name.into() }
    }

    /// Makes everything with this tag invalid. Once it has returned, no request that begins gets anything older.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be reached; never with the embedded one.
    pub async fn invalidate_tag(&self, name: &str) -> Result<(), StoreError> {
        self.invalidate_one(Target::tag(Tag::named(&self.partition, name)), || Subject::Tag(name.into())).await
    }

    /// The same for all of these tags, at once.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be reached; never with the embedded one.
    pub async fn invalidate_tags<N: AsRef<str>>(&self, names: impl IntoIterator<Item = N>) -> Result<(), StoreError> {
        let names: Vec<N> = names.into_iter().collect();
        let target = |name: &N| Target::tag(Tag::named(&self.partition, name.as_ref()));
        let targets: Vec<Target> = names.iter().map(target).collect();
        // Before anybody waits, as names may be of a kind that threads cannot share.
        let events = self.told(|| {
            let named = |name: &N| self.named(Subject::Tag(name.as_ref().to_owned().into()));
            Invalidation::of(&names.iter().map(named).collect::<Vec<_>>())
        });
        drop(names);
        self.make_invalid(&targets, || events).await
    }

    /// The same for whatever was answered for a path that fits: `*` is any text. With a `?`, it is about path and query, whose pairs
    /// are sorted by name; `/users/{id}`, the path of a route as it is declared (and with the app's prefix), is all of that route.
    ///
    /// A path, a path that ends with `/*`, and a route take as long as a tag does. Any other pattern is kept on a short list, and each older
    /// entry is compared with it when it is asked for.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be reached; never with the embedded one.
    pub async fn invalidate_pattern(&self, pattern: &str) -> Result<(), StoreError> {
        let subject =
            || if names_route(pattern) { Subject::Route(pattern) } else { Subject::Pattern(Glob::new(pattern)) };
        self.invalidate_one(Target::pattern(&self.partition, pattern), subject).await
    }

    /// The same for what only this user is given: whose name and issuer are both these.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be reached; never with the embedded one.
    pub async fn invalidate_user(&self, identity: &Identity) -> Result<(), StoreError> {
        self.invalidate_one(Target::tag(Tag::user(&self.partition, identity)), || Subject::User(identity)).await
    }

    /// Forgets everything, in all partitions.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be reached; never with the embedded one.
    pub async fn clear(&self) -> Result<(), StoreError> {
        self.shared.book.invalidation();
        in_time(INVALIDATION_BUDGET, self.shared.store.get().clear()).await?;
        self.tell(Invalidation::of_everything).await;
        Ok(())
    }

    /// How much there is, in all partitions.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be reached; never with the embedded one.
    pub async fn size(&self) -> Result<StoreSize, StoreError> {
        in_time(BUDGET, self.shared.store.get().size()).await
    }

    /// Whether the store can be reached.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot.
    pub async fn health(&self) -> Result<(), StoreError> {
        in_time(BUDGET, self.shared.store.get().health()).await
    }

    /// How much there is, if the store says so at once.
    pub(super) fn size_now(&self) -> Option<StoreSize> {
        self.shared.store.size_now()
    }

    /// Whether its store is in this process, and answers at once.
    pub(crate) fn is_embedded(&self) -> bool {
        matches!(self.shared.store, Store::Embedded(_))
    }

    pub(super) fn book(&self) -> &Book {
        &self.shared.book
    }

    /// What is counted for this route, if it is cached here or invalidates something.
    pub(crate) fn counters_of(&self, method: Method, path: &str) -> Option<Arc<Counters>> {
        self.shared.book.of_route(method, path)
    }

    /// The same cache for whoever must not keep it.
    pub(crate) fn downgrade(&self) -> WeakCache {
        WeakCache { shared: Arc::downgrade(&self.shared), partition: Arc::clone(&self.partition) }
    }

    /// Whether the two are the same, whatever their partitions.
    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    async fn invalidate_one<'a>(
        &'a self,
        target: Target,
        subject: impl FnOnce() -> Subject<'a>,
    ) -> Result<(), StoreError> {
        self.make_invalid(&[target], || Invalidation::of(&[self.named(subject())])).await
    }

    fn named<'a>(&'a self, subject: Subject<'a>) -> Named<'a> {
        Named { partition: &self.partition, subject }
    }

    /// Makes these invalid; `events` says the same in names, where somebody listens.
    pub(super) async fn make_invalid(
        &self,
        targets: &[Target],
        events: impl FnOnce() -> Vec<Invalidation>,
    ) -> Result<(), StoreError> {
        self.shared.book.invalidation();
        if !self.shared.store.invalidate_now(targets) {
            in_time(INVALIDATION_BUDGET, self.shared.store.get().invalidate(targets)).await?;
        }
        self.tell(events).await;
        Ok(())
    }

    /// Where nobody can wait for it.
    pub(super) fn invalidate_without_waiting(&self, targets: Vec<Target>, events: impl FnOnce() -> Vec<Invalidation>) {
        let events = self.told(events);
        if self.shared.store.invalidate_now(&targets) {
            self.shared.book.invalidation();
            match &self.shared.spawner {
                Some(spawner) => self.shared.listeners.start(spawner, &events),
                None => self.shared.listeners.give_up(&events),
            }
            return;
        }
        if self.shared.spawner.is_none() {
            tracing::error!("what is invalid is still in the cache: it has no spawner, and nobody waits");
        }
        let cache = self.clone();
        self.spawn(async move { cache.invalidate_or_warn(&targets, || events).await });
    }

    pub(super) async fn invalidate_or_warn(&self, targets: &[Target], events: impl FnOnce() -> Vec<Invalidation>) {
        if let Err(error) = self.make_invalid(targets, events).await {
            tracing::error!(error = %Printable(Chain(&error)), "what is invalid is still in the cache");
        }
    }

    /// Tells this one, too, what is invalid from now on.
    pub(crate) fn listen(&self, listener: Listener) {
        self.shared.listeners.add(listener);
    }

    /// Nothing where nobody listens: an invalidation costs less than its names.
    fn told(&self, events: impl FnOnce() -> Vec<Invalidation>) -> Vec<Invalidation> {
        if self.shared.listeners.any() { events() } else { Vec::new() }
    }

    /// Without a spawner, whoever waits for an invalidation waits for who is told as well.
    async fn tell(&self, events: impl FnOnce() -> Vec<Invalidation>) {
        let events = self.told(events);
        if events.is_empty() {
            return;
        }
        match &self.shared.spawner {
            Some(spawner) => self.shared.listeners.start(spawner, &events),
            None => Box::pin(self.shared.listeners.tell(events)).await,
        }
    }

    /// What the store has, and by what time, if it answers at once.
    pub(super) fn lookup_now(&self, key: &Key) -> Option<(Lookup, Instant)> {
        self.shared.store.lookup_now(key)
    }

    pub(super) async fn lookup(&self, key: &Key) -> Result<Lookup, StoreError> {
        match self.shared.store.lookup_now(key) {
            Some((looked, _)) => Ok(looked),
            None => in_time(BUDGET, self.shared.store.get().lookup(key)).await,
        }
    }

    pub(super) async fn is_valid(&self, entry: &Entry) -> bool {
        in_time(BUDGET, self.shared.store.get().is_valid(entry)).await.unwrap_or_else(|error| {
            self.warn(&error);
            false
        })
    }

    /// Whether what somebody else's fill brought may be given to one who began then: nothing may be older than an invalidation that had
    /// returned before.
    pub(super) async fn may_take(&self, entry: &Entry, began: Stamp) -> bool {
        entry.stamp() >= began || self.is_valid(entry).await
    }

    /// Whether the store has taken it.
    pub(super) async fn put(&self, entry: &Arc<Entry>) -> bool {
        self.try_put(entry).await.inspect_err(|error| self.warn(error)).is_ok()
    }

    pub(super) async fn try_put(&self, entry: &Arc<Entry>) -> Result<(), StoreError> {
        in_time(BUDGET, self.shared.store.get().put(Arc::clone(entry))).await
    }

    /// For what is computed from now on, whatever there is already.
    pub(super) async fn stamp(&self) -> Result<Stamp, StoreError> {
        self.lookup(&Key::new(*NOBODYS)).await.map(|looked| looked.stamp())
    }

    /// Whether answers of this key could not be stored lately.
    pub(super) fn is_marked(&self, key: &Key) -> bool {
        self.shared.marks.is_set(key, self.now())
    }

    /// Remembers whether an answer could be stored.
    pub(super) fn learn(&self, key: &Key, outcome: &Outcome) {
        match outcome {
            Outcome::Alone => self.shared.marks.set(key, self.now()),
            Outcome::Stored(_) => self.shared.marks.clear(key),
            Outcome::Failed(..) => {}
        }
    }

    pub(super) fn is_under_way(&self, key: &Key) -> bool {
        self.shared.flights.is_under_way(key)
    }

    pub(super) fn values(&self) -> &Values {
        &self.shared.values
    }

    /// What values without a `ttl` have, and answers as well, if the program says so.
    pub(super) fn default_ttl(&self) -> Option<Duration> {
        self.shared.values.settings.default_ttl
    }

    pub(super) fn board(&self, key: &Key, stamp: Stamp) -> Role {
        self.shared.flights.board(key, stamp)
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    pub(super) fn now(&self) -> Instant {
        self.shared.clock.now()
    }

    /// The wall clock, as the time since 1970.
    pub(super) fn unix_time(&self) -> Duration {
        self.shared.clock.unix_time()
    }

    /// Somewhat shorter, so that what was stored together is not stale together.
    pub(super) fn jittered(&self, lifetime: Duration) -> Duration {
        // Longer ones are as good as this, and overflow.
        lifetime.min(CENTURY).mul_f64(1.0 - self.shared.jitter * fastrand::f64())
    }

    /// Goes on with a fill that nobody waits for, unless there are too many of those.
    pub(super) fn go_on(&self, fill: impl Future + Send + 'static) -> bool {
        let Ok(permit) = Arc::clone(&self.shared.fills).try_acquire_owned() else { return false };
        self.spawn(async move {
            let _permit = permit;
            fill.await;
        });
        true
    }

    /// For a handler that nobody waits for, unless there are too many of those.
    pub(super) fn permit_for_handler(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.shared.handlers).try_acquire_owned().ok()
    }

    pub(super) fn spawner(&self) -> Option<&Spawner> {
        self.shared.spawner.as_ref()
    }

    /// Without anybody to start it, the task is dropped.
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        if let Some(spawner) = &self.shared.spawner {
            spawner.spawn(task);
        }
    }

    pub(super) fn warn(&self, error: &StoreError) {
        tracing::warn!(error = %Printable(Chain(error)), "a request is answered without the cache");
    }
}

/// What a store says, if it says it in time.
async fn in_time<T>(budget: Duration, asked: StoreFuture<'_, T>) -> Result<T, StoreError> {
    within(budget, asked).await.unwrap_or_else(|| Err(StoreError::new(format!("no answer within {budget:?}"))))
}

impl Default for Cache {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache")
            .field("store", &self.shared.store)
            .field("partition", &self.partition)
            .finish_non_exhaustive()
    }
}
