//! Computes a missing value once, for all callers that request it at that time.

use std::{pin::Pin, sync::Arc, time::Duration};

use serde::{Serialize, de::DeserializeOwned};
use tracing::{Instrument, Span};

use crate::{
    cache::{
        backend::{TurnAtKey, warn},
        cache::Cache,
        coalesce::{
            detach::Detachable,
            flight::{Boarding, Lead, Role, landed},
            outcome::{FailedFetch, FillOutcome},
        },
        store::stored_response::StoredResponse,
        validity::stamp::Stamp,
        values::{
            fill_alone::FillAlone,
            options::CacheOptions,
            slot::{FoundValue, ValueSlot},
        },
    },
    deadline::within,
};

/// How long callers wait for a fill before they fill themselves, and how long a fill runs without a caller.
const PATIENCE: Duration = Duration::from_secs(30);

impl Cache {
    /// Returns the value with this key. If there is none, returns the output of `fill` and stores it.
    ///
    /// 1. Callers that request a key at the same time share one fill, and its error if it fails. If it panics, one of
    ///    the others fills for all. If that panics as well, or a fill takes longer than 30 seconds, each of the others
    ///    fills itself. The same holds for callers whose error has another type.
    /// 2. A value that is invalidated while it is filled, by its key, a tag or a pattern, is returned only to callers
    ///    that requested it before the invalidation, and is never stored.
    /// 3. A fill whose caller is dropped continues if the cache has a [`spawner`](crate::cache::CacheBuilder::spawner),
    ///    as the cache of an app has.
    /// 4. With [`stale_while_revalidate`](CacheOptions::stale_while_revalidate), a stale value is returned at once, and
    ///    one fill in the background replaces it; without a spawner, the value is filled first. An invalidated value is
    ///    never returned.
    /// 5. A failure of the cache never fails the call: if the store cannot be reached, the value cannot be serialised,
    ///    or the value with this key is not a `T`, a warning is logged and `fill` is called.
    ///
    /// A fill must not request its own key: it would wait for itself.
    ///
    /// ```
    /// use routekit::{cache::{Cache, CacheOptions}, prelude::*, test::TestApp};
    /// use serde::{Deserialize, Serialize};
    ///
    /// #[derive(Serialize, Deserialize)]
    /// struct User {
    ///     name: String,
    /// }
    ///
    /// async fn load(id: u64) -> Result<User> {
    ///     Ok(User { name: format!("user {id}") })
    /// }
    ///
    /// #[get("/greetings/{id}")]
    /// async fn greeting(id: u64, cache: Dep<Cache>) -> Result<String> {
    ///     let options = CacheOptions::new().tags(["users"]);
    ///     let user = cache.get_or_fill(&format!("user:{id}"), &options, async move || load(id).await).await?;
    ///     Ok(format!("Hello, {}!", user.name))
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let app = TestApp::new(App::with_routes(routes![greeting]));
    /// assert_eq!(app.get("/greetings/7").send().await.text(), "Hello, user 7!");
    /// # }
    /// ```
    ///
    /// # Errors
    /// The error of `fill`, or that of the fill that the caller waited for. An error that cannot be cloned is returned
    /// in an [`Arc`], or as a [`Problem`](crate::Problem).
    pub async fn get_or_fill<T, E, F, Fut>(&self, key: &str, options: &CacheOptions, fill: F) -> Result<T, E>
    where
        T: Serialize + DeserializeOwned + Send + 'static,
        E: Clone + Send + Sync + 'static,
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
    {
        let mut slot = ValueSlot::new(self, key);
        let counters = self.shared.stats.program();
        let in_memory = slot.lookup_now();
        // A hit in memory waits for nothing, and allocates no sum.
        if !matches!(in_memory, Some(FoundValue::Fresh(..))) {
            slot.count_waits();
        }
        let found = match in_memory {
            Some(found) => Ok(found),
            None => slot.lookup().await,
        };
        let began = match found {
            Ok(FoundValue::Fresh(_, value)) => {
                counters.hit();
                return Ok(value);
            }
            Ok(FoundValue::Stale(entry, stamp)) => match slot.stale(&entry, options) {
                Some(value) => {
                    counters.stale();
                    slot.refresh(options, fill, stamp);
                    return Ok(value);
                }
                None => stamp,
            },
            Ok(FoundValue::Nothing(stamp)) => stamp,
            Err(error) => {
                counters.bypass();
                warn(&error);
                return fill().await;
            }
        };
        counters.miss();
        let (mut looked_up, mut panicked, mut has_seen_panic) = (began, None, false);
        loop {
            match slot.board(options, (began, looked_up), panicked.take()).await {
                Role::Alone => return slot.alone(options, fill).await,
                // The caller, or the process, that led before may have stored the value since the lookup.
                Role::Lead(mut lead) => {
                    let turn = self.shared.store.turn(&slot.key.key, PATIENCE, &slot.waits);
                    let TurnAtKey { turn, missing, .. } = turn.await;
                    lead.set_turn(turn);
                    let found = match missing {
                        Some(stamp) => Ok(FoundValue::Nothing(stamp)),
                        None => slot.lookup().await,
                    };
                    // What the lookup before has found still counts.
                    let found = match found {
                        Err(error) if error.is_no_answer() => Ok(FoundValue::Nothing(looked_up)),
                        found => found,
                    };
                    match found {
                        Ok(FoundValue::Fresh(entry, value)) => {
                            lead.land(FillOutcome::Stored(entry));
                            return Ok(value);
                        }
                        Ok(FoundValue::Stale(..) | FoundValue::Nothing(_)) => {
                            let stamp = lead.stamp();
                            let led = led(slot.clone(), options.clone(), lead, stamp, fill);
                            return match Detachable::new(Box::pin(led), &self.shared.background.abandoned).await {
                                LedFill::Landed(result) => result,
                                LedFill::Slow(running, _alone) => {
                                    slot.filled(options, stamp, running.await, None).await.0
                                }
                            };
                        }
                        Err(error) => {
                            // No caller must wait for an outcome that never comes.
                            drop(lead);
                            warn(&error);
                            return fill().await;
                        }
                    }
                }
                Role::Join(outcome) => match landed(outcome).await {
                    Some(FillOutcome::Stored(entry)) if slot.may_share(&entry, began).await => {
                        return match slot.read_or_warn(&entry) {
                            Some(value) => Ok(value),
                            None => slot.alone(options, fill).await,
                        };
                    }
                    Some(FillOutcome::Error(error, stamp)) if stamp >= began => {
                        return match error.downcast_ref::<E>() {
                            Some(error) => Err(error.clone()),
                            None => slot.alone(options, fill).await,
                        };
                    }
                    Some(FillOutcome::Failed(_)) if has_seen_panic => return slot.alone(options, fill).await,
                    Some(FillOutcome::Alone) => return slot.alone(options, fill).await,
                    // The fill panicked, or it began before an invalidation that this caller must see, or its caller
                    // has left.
                    unusable => {
                        if let Some(FillOutcome::Failed(failure)) = unusable {
                            (panicked, has_seen_panic) = (Some(failure), true);
                        }
                        match slot.lookup().await {
                            Ok(FoundValue::Fresh(_, value)) => return Ok(value),
                            Ok(FoundValue::Stale(_, stamp) | FoundValue::Nothing(stamp)) => looked_up = stamp,
                            Err(error) => {
                                warn(&error);
                                return fill().await;
                            }
                        }
                    }
                },
            }
        }
    }
}

/// A fill that other callers wait for.
enum LedFill<T, E, Fut> {
    Landed(Result<T, E>),
    /// It takes so long that the other callers were told not to wait.
    Slow(Pin<Box<Fut>>, FillAlone),
}

/// Fills, and passes the outcome to the waiting callers.
async fn led<T, E, F, Fut>(
    slot: ValueSlot,
    options: CacheOptions,
    mut lead: Lead,
    stamp: Stamp,
    fill: F,
) -> LedFill<T, E, Fut>
where
    T: Serialize + Send,
    E: Clone + Send + Sync + 'static,
    F: FnOnce() -> Fut,
    Fut: Future<Output = Result<T, E>> + Send,
{
    let mut running = Box::pin(fill());
    match within(PATIENCE, running.as_mut()).await {
        Some(result) => {
            let (result, outcome) = slot.filled(&options, stamp, result, Some(&mut lead)).await;
            lead.land(outcome);
            LedFill::Landed(result)
        }
        None => {
            let alone = FillAlone::new(&slot.cache);
            lead.land(FillOutcome::Alone);
            LedFill::Slow(running, alone)
        }
    }
}

impl ValueSlot {
    /// Whether a caller that asked at the stamp `began` fills, or waits for another one. It may have waited for a fill
    /// that panicked.
    async fn board(
        &self,
        options: &CacheOptions,
        (began, looked_up): (Stamp, Stamp),
        panicked: Option<Arc<FailedFetch>>,
    ) -> Role {
        let (parts, key, tags) = (&self.cache.shared, &self.key.key, || self.tags(options));
        match panicked {
            Some(failure) => parts.flights.board_after(&failure, key, looked_up, tags),
            None => {
                let boarding = Boarding { began, looked_up, now: parts.clock.now(), waits: &self.waits };
                parts.flights.board(&parts.store, key, boarding, tags).await
            }
        }
    }

    /// Returns the stale value, if it may be returned and can be filled again in the background.
    fn stale<T: DeserializeOwned>(&self, entry: &StoredResponse, options: &CacheOptions) -> Option<T> {
        let window = options.stale_while_revalidate?;
        let parts = &self.cache.shared;
        let may = entry.stale_for(parts.clock.now()) < window && parts.spawner.is_some();
        may.then(|| self.read_or_warn(entry)).flatten()
    }

    /// Fills again in the background, unless a fill is running.
    fn refresh<T, E, F, Fut>(&self, options: &CacheOptions, fill: F, stamp: Stamp)
    where
        T: Serialize + DeserializeOwned + Send + 'static,
        E: Clone + Send + Sync + 'static,
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
    {
        let parts = &self.cache.shared;
        let Some(mut lead) = parts.flights.lead(&self.key.key, stamp, || self.tags(options)) else { return };
        let (slot, options) = (self.without_caller(), options.clone());
        let refresh = async move {
            // Another process fills.
            let Some(turn) = slot.cache.shared.store.turn_now(&slot.key.key).await else { return };
            lead.set_turn(turn);
            match slot.lookup::<T>().await {
                Ok(FoundValue::Fresh(entry, _)) => lead.land(FillOutcome::Stored(entry)),
                Ok(FoundValue::Stale(..) | FoundValue::Nothing(_)) => {
                    let (stamp, result) = (lead.stamp(), fill().await);
                    let (result, outcome) = slot.filled(&options, stamp, result, Some(&mut lead)).await;
                    if result.is_err() {
                        tracing::debug!("the background fill of a value failed; the value stays stale");
                    }
                    lead.land(outcome);
                }
                Err(error) => warn(&error),
            }
        };
        if parts.background.refreshes.run(within(PATIENCE, refresh).instrument(Span::current())) {
            parts.stats.program().refresh();
        }
    }

    /// Fills for one caller, beside others that do the same.
    async fn alone<T, E, F, Fut>(&self, options: &CacheOptions, fill: F) -> Result<T, E>
    where
        T: Serialize + DeserializeOwned + Send,
        E: Clone + Send + Sync + 'static,
        F: FnOnce() -> Fut + Send,
        Fut: Future<Output = Result<T, E>> + Send,
    {
        let _alone = FillAlone::new(&self.cache);
        match self.lookup().await {
            Ok(FoundValue::Fresh(_, value)) => Ok(value),
            Ok(FoundValue::Stale(_, stamp) | FoundValue::Nothing(stamp)) => {
                self.filled(options, stamp, fill().await, None).await.0
            }
            Err(error) => {
                warn(&error);
                fill().await
            }
        }
    }

    /// Stores the output of a fill that began after `stamp`; callers that wait for the fill receive its error. `None`
    /// waits for a fill without a `lead`.
    async fn filled<T, E>(
        &self,
        options: &CacheOptions,
        stamp: Stamp,
        result: Result<T, E>,
        lead: Option<&mut Lead>,
    ) -> (Result<T, E>, FillOutcome)
    where
        T: Serialize + Send,
        E: Clone + Send + Sync + 'static,
    {
        let outcome = match &result {
            Ok(value) => match self.entry_or_warn(value, options, stamp) {
                Some(entry) => self.stored(entry, lead).await,
                None => FillOutcome::Alone,
            },
            Err(error) => FillOutcome::Error(Arc::new(error.clone()), stamp),
        };
        (result, outcome)
    }

    /// Whether a value that another caller filled may be returned to one that asked at the stamp `began`.
    async fn may_share(&self, entry: &Arc<StoredResponse>, began: Stamp) -> bool {
        self.cache.shared.store.may_share(entry, began, &self.waits).await
    }

    async fn stored(&self, entry: Arc<StoredResponse>, lead: Option<&mut Lead>) -> FillOutcome {
        let parts = &self.cache.shared;
        let store = &parts.store;
        let detached = || {
            // The entry is put after the flight has ended. If other processes have copies, `Cache::set` always
            // invalidates.
            let alone = (!store.has_copies_elsewhere()).then(|| FillAlone::new(&self.cache));
            // A process that waits for the entry would not find it before.
            let mut turn = lead.map(Lead::take_turn).unwrap_or_default();
            move |is_stored| {
                turn.end(is_stored);
                drop(alone);
            }
        };
        // An entry that is already invalid would replace a value that was set in the meantime.
        if store.put_if_valid(&entry, &self.waits, detached).await {
            parts.stats.program().set();
        }
        FillOutcome::Stored(entry)
    }
}
