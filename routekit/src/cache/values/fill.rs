//! A value that is not there is computed: once, whoever asks for it meanwhile.

use std::{pin::Pin, sync::Arc, time::Duration};

use serde::{Serialize, de::DeserializeOwned};
use tracing::{Instrument, Span};

use super::{
    CacheOptions,
    settings::Beside,
    slot::{Looked, Slot},
};
use crate::cache::{
    Cache, Entry, Stamp,
    deadline::within,
    detached::Detachable,
    flight::{Lead, Outcome, Role, landed},
};

/// For how long others wait for a fill before they fill for themselves, and how long one goes on for whom nobody waits.
const PATIENCE: Duration = Duration::from_secs(30);

impl Cache {
    /// The value of this key; if there is none, what `fill` comes to, which is kept.
    ///
    /// 1. Those who ask at the same time are one fill. If it fails, or panics, or takes longer than 30 seconds, each of the others fills for itself.
    /// 2. What was invalidated while it was being filled (by its key, a tag or a pattern) is given only to those who had asked before, and
    ///    never kept.
    /// 3. A fill whose caller leaves goes on, if the cache has a [`spawner`](crate::cache::CacheBuilder::spawner); that of an app has.
    /// 4. With [`stale_while_revalidate`](CacheOptions::stale_while_revalidate), a value that is no longer fresh is given at once, and one fill
    ///    in the background replaces it; without a spawner it is filled first. An invalidated one is never given.
    /// 5. The cache costs nobody the value: a store that cannot be reached, a value that cannot be written, and one under this key that is
    ///    no `T`, are warnings in the log, and `fill` is asked.
    ///
    /// A fill must not ask for its own key, for which it would wait.
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
    /// What `fill` fails with.
    pub async fn get_or_fill<T, E, F, Fut>(&self, key: &str, options: &CacheOptions, fill: F) -> Result<T, E>
    where
        T: Serialize + DeserializeOwned + Send + 'static,
        E: Send + 'static,
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
    {
        let slot = Slot::new(self, key);
        let counters = self.book().of_program();
        let began = match slot.look().await {
            Ok(Looked::Fresh(_, value)) => {
                counters.hit();
                return Ok(value);
            }
            Ok(Looked::Stale(entry, stamp)) => match slot.stale(&entry, options) {
                Some(value) => {
                    counters.stale();
                    slot.refresh(options, fill, stamp);
                    return Ok(value);
                }
                None => stamp,
            },
            Ok(Looked::Nothing(stamp)) => stamp,
            Err(error) => {
                counters.bypass();
                self.warn(&error);
                return fill().await;
            }
        };
        counters.miss();
        loop {
            match self.board(&slot.named.key, began) {
                Role::Alone => return slot.alone(options, fill).await,
                // Whoever led before has perhaps landed since we looked.
                Role::Lead(lead) => match slot.look().await {
                    Ok(Looked::Fresh(entry, value)) => {
                        lead.land(Outcome::Stored(entry));
                        return Ok(value);
                    }
                    Ok(Looked::Stale(_, stamp) | Looked::Nothing(stamp)) => {
                        let led = led(slot.clone(), options.clone(), lead, stamp, fill);
                        return match Detachable::new(led, self.clone()).await {
                            Led::Landed(result) => result,
                            Led::Slow(running, _beside) => slot.filled(options, stamp, running.await).await.0,
                        };
                    }
                    Err(error) => {
                        // Nobody is to wait for what will not be told.
                        drop(lead);
                        self.warn(&error);
                        return fill().await;
                    }
                },
                Role::Join(outcome) => match landed(outcome).await {
                    Some(Outcome::Stored(entry)) if self.may_take(&entry, began).await => {
                        return match slot.read_or_warn(&entry) {
                            Some(value) => Ok(value),
                            None => slot.alone(options, fill).await,
                        };
                    }
                    Some(Outcome::Alone | Outcome::Failed(..)) => return slot.alone(options, fill).await,
                    // It was begun before an invalidation that this one has to see, or whoever led it has left.
                    Some(Outcome::Stored(_)) | None => match slot.look().await {
                        Ok(Looked::Fresh(_, value)) => return Ok(value),
                        Ok(_) => {}
                        Err(error) => {
                            self.warn(&error);
                            return fill().await;
                        }
                    },
                },
            }
        }
    }
}

/// What comes of a fill for which others wait.
enum Led<T, E, Fut> {
    Landed(Result<T, E>),
    /// It takes so long that the others have been told not to wait.
    Slow(Pin<Box<Fut>>, Beside),
}

/// Fills, and says what came of it.
async fn led<T, E, F, Fut>(slot: Slot, options: CacheOptions, lead: Lead, stamp: Stamp, fill: F) -> Led<T, E, Fut>
where
    T: Serialize + Send,
    E: Send,
    F: FnOnce() -> Fut,
    Fut: Future<Output = Result<T, E>> + Send,
{
    let mut running = Box::pin(fill());
    match within(PATIENCE, running.as_mut()).await {
        Some(result) => {
            let (result, outcome) = slot.filled(&options, stamp, result).await;
            lead.land(outcome);
            Led::Landed(result)
        }
        None => {
            let beside = Beside::new(&slot.cache);
            lead.land(Outcome::Alone);
            Led::Slow(running, beside)
        }
    }
}

impl Slot {
    /// What is stale, if it may be given and somebody is there to fill it anew.
    fn stale<T: DeserializeOwned>(&self, entry: &Entry, options: &CacheOptions) -> Option<T> {
        let window = options.stale_while_revalidate?;
        let may = entry.stale_for(self.cache.now()) < window && self.cache.spawner().is_some();
        may.then(|| self.read_or_warn(entry)).flatten()
    }

    /// Fills anew where nobody waits, unless somebody does so already.
    fn refresh<T, E, F, Fut>(&self, options: &CacheOptions, fill: F, stamp: Stamp)
    where
        T: Serialize + DeserializeOwned + Send + 'static,
        E: Send + 'static,
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
    {
        let Role::Lead(lead) = self.cache.board(&self.named.key, stamp) else { return };
        let (slot, options) = (self.clone(), options.clone());
        let refresh = async move {
            match slot.look::<T>().await {
                Ok(Looked::Fresh(entry, _)) => lead.land(Outcome::Stored(entry)),
                Ok(Looked::Stale(_, stamp) | Looked::Nothing(stamp)) => {
                    let (result, outcome) = slot.filled(&options, stamp, fill().await).await;
                    if result.is_err() {
                        tracing::debug!("a value is not filled anew, and stays stale");
                    }
                    lead.land(outcome);
                }
                Err(error) => slot.cache.warn(&error),
            }
        };
        if self.cache.go_on(within(PATIENCE, refresh).instrument(Span::current())) {
            self.cache.book().of_program().refresh();
        }
    }

    /// Fills without telling anybody, beside others who do the same.
    async fn alone<T, E, F, Fut>(&self, options: &CacheOptions, fill: F) -> Result<T, E>
    where
        T: Serialize + DeserializeOwned + Send,
        E: Send,
        F: FnOnce() -> Fut + Send,
        Fut: Future<Output = Result<T, E>> + Send,
    {
        let _beside = Beside::new(&self.cache);
        match self.look().await {
            Ok(Looked::Fresh(_, value)) => Ok(value),
            Ok(Looked::Stale(_, stamp) | Looked::Nothing(stamp)) => self.filled(options, stamp, fill().await).await.0,
            Err(error) => {
                self.cache.warn(&error);
                fill().await
            }
        }
    }

    /// Keeps what was filled.
    async fn filled<T, E>(&self, options: &CacheOptions, stamp: Stamp, result: Result<T, E>) -> (Result<T, E>, Outcome)
    where
        T: Serialize + Send,
        E: Send,
    {
        let entry = result.as_ref().ok().and_then(|value| self.entry_or_warn(value, options, stamp));
        let outcome = self.kept(entry).await;
        (result, outcome)
    }

    async fn kept(&self, entry: Option<Arc<Entry>>) -> Outcome {
        let Some(entry) = entry else { return Outcome::Alone };
        // What is invalid already would be of no use, and stand in the place of what was set meanwhile.
        if self.cache.is_valid(&entry).await && self.cache.put(&entry).await {
            self.cache.book().of_program().set();
        }
        Outcome::Stored(entry)
    }
}
