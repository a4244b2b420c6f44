//! Invalidation through the handle, by programs and by the layers.

use std::sync::Arc;

use super::change::Settling;
use crate::{
    base::{
        printable::{Chain, Printable},
        spawner::Task,
    },
    cache::{
        Cache, Listener, StoreError,
        events::event::Invalidated,
        validity::{stamp::Stamp, target::Target},
    },
    identity::Identity,
};

/// Invalidation. Once one of these methods has returned, no request that begins afterwards in this process gets an
/// older response. When it counts in other processes depends on the store: see the guide [Redis](crate::guide::redis).
impl Cache {
    /// Invalidates everything with this tag.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be reached; never with the embedded one.
    pub async fn invalidate_tag(&self, name: &str) -> Result<(), StoreError> {
        self.invalidate_targets(&[Target::tag(self.partition.clone(), name)]).await
    }

    /// Invalidates everything with at least one of these tags, at once.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be reached; never with the embedded one.
    pub async fn invalidate_tags<N: AsRef<str>>(&self, names: impl IntoIterator<Item = N>) -> Result<(), StoreError> {
        let target = |name: N| Target::tag(self.partition.clone(), name.as_ref());
        let targets: Vec<Target> = names.into_iter().map(target).collect();
        self.invalidate_targets(&targets).await
    }

    /// Invalidates every response for a path that matches, and every value whose key matches.
    ///
    /// `*` matches any text, and `\*` a star. A pattern with a `?` matches path and query. Paths match in all their
    /// spellings, and the pairs of a query in any order of their names.
    ///
    /// The path of a route as it is declared (with the app's prefix), such as `/users/{id}`, matches everything of that
    /// route. In a path, `{{` and `}}` are braces. A pattern that begins with neither `/` nor `*/` has no placeholders,
    /// and its braces are literal: `user:{42}:*`.
    ///
    /// A path, a route, and a pattern whose only `*` is at its end cost as much as a tag. Any other pattern is kept in
    /// a list of 64, and lookups compare each older entry with it. With one more, the oldest leaves the list, and
    /// everything that was stored before it becomes invalid as well.
    /// # Errors
    /// [`StoreError`] if the store cannot be reached; never with the embedded one.
    pub async fn invalidate_pattern(&self, pattern: &str) -> Result<(), StoreError> {
        self.invalidate_targets(&[Target::pattern(self.partition.clone(), pattern)]).await
    }

    /// Invalidates the entries of this user: the user with the same name and the same issuer.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be reached; never with the embedded one.
    pub async fn invalidate_user(&self, identity: &Identity) -> Result<(), StoreError> {
        self.invalidate_targets(&[Target::user(self.partition.clone(), identity)]).await
    }

    /// Removes everything, in all partitions.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be reached; never with the embedded one.
    pub async fn clear(&self) -> Result<(), StoreError> {
        self.shared.stats.invalidation();
        self.shared.store.clear().await?;
        if self.shared.listeners.any() {
            self.tell(&Invalidated::Everything).await;
        }
        Ok(())
    }

    /// Invalidates these targets at once.
    pub(in crate::cache) async fn invalidate_targets(&self, targets: &[Target]) -> Result<(), StoreError> {
        self.invalidate_stamped(targets).await.map(drop)
    }

    /// The same. Returns the stamp of the invalidation, unless the store answers at once.
    pub(in crate::cache) async fn invalidate_stamped(&self, targets: &[Target]) -> Result<Option<Stamp>, StoreError> {
        if let Some(told) = self.invalidate_now(targets) {
            if let Some(told) = told {
                told.await;
            }
            return Ok(None);
        }
        self.shared.stats.invalidation();
        let stamp = self.shared.store.invalidate(targets).await?;
        if self.shared.listeners.any() {
            self.tell(&Invalidated::targets(targets)).await;
        }
        Ok(Some(stamp))
    }

    /// Invalidates in a store that answers at once. Returns `None` if the caller must wait for the store. The future
    /// inside, if there is one, waits for listeners.
    pub(in crate::cache) fn invalidate_now<'t>(
        &self,
        targets: impl IntoIterator<Item = &'t Target> + Clone,
    ) -> Option<Option<Settling>> {
        if !self.shared.store.invalidate_now(targets.clone()) {
            return None;
        }
        self.shared.stats.invalidation();
        if !self.shared.listeners.any() {
            return Some(None);
        }
        let invalidated = Invalidated::targets(targets);
        Some(match &self.shared.spawner {
            Some(spawner) => {
                let awaited = self.shared.listeners.start(spawner, &invalidated);
                awaited.map(|awaited| -> Settling { Box::pin(awaited.wait()) })
            }
            None if invalidated.is_empty() => None,
            None => {
                let cache = self.clone();
                Some(Box::pin(async move { cache.shared.listeners.tell(&invalidated).await }))
            }
        })
    }

    /// Invalidates if no task can wait for it.
    pub(in crate::cache) fn invalidate_without_waiting(&self, targets: Vec<Target>) {
        if self.shared.store.invalidate_now(&targets) {
            self.shared.stats.invalidation();
            if self.shared.listeners.any() {
                let invalidated = Invalidated::targets(&targets);
                match &self.shared.spawner {
                    Some(spawner) => drop(self.shared.listeners.start(spawner, &invalidated)),
                    None => self.shared.listeners.give_up(&invalidated),
                }
            }
            return;
        }
        if self.shared.spawner.is_none() {
            tracing::error!("stale entries remain in the cache: it has no spawner, and no task waits for its store");
        }
        let cache = self.clone();
        if let Some(spawner) = &self.shared.spawner {
            spawner.spawn(async move { cache.invalidate_or_warn(&targets).await });
        }
    }

    /// Invalidates, and logs a failure.
    pub(in crate::cache) async fn invalidate_or_warn(&self, targets: &[Target]) {
        if let Err(error) = self.invalidate_targets(targets).await {
            tracing::error!(error = %Printable(Chain(&error)), "invalidation failed; stale entries remain");
        }
    }

    /// Adds a listener.
    pub(crate) fn listen(&self, listener: Listener) {
        self.shared.listeners.add(listener);
    }

    /// Calls the listeners. Returns once those that callers wait for have ended, or without a spawner, once all have
    /// ended.
    async fn tell(&self, invalidated: &Invalidated) {
        match &self.shared.spawner {
            Some(spawner) => {
                if let Some(awaited) = self.shared.listeners.start(spawner, invalidated) {
                    Box::pin(awaited.wait()).await;
                }
            }
            None => Box::pin(self.shared.listeners.tell(invalidated)).await,
        }
    }

    /// Starts the rest of a handler whose client has disconnected. `None` without a spawner, or if too many are
    /// running.
    pub(crate) fn hand_over(&self) -> Option<impl FnOnce(Task) + use<>> {
        let spawner = self.shared.spawner.as_ref()?;
        let Ok(permit) = Arc::clone(&self.shared.handlers).try_acquire_owned() else {
            tracing::warn!("a handler whose client left, or that timed out, is dropped: 1,024 others run already");
            return None;
        };
        let spawner = spawner.clone();
        Some(move |rest: Task| {
            spawner.spawn(async move {
                let _permit = permit;
                rest.await;
            });
        })
    }
}
