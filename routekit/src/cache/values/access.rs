//! Reading and writing single values.

use std::time::Duration;

use serde::{Serialize, de::DeserializeOwned};

use crate::cache::{
    cache::Cache,
    store::{contract::StoreError, entry::Entry, lookup_result::Lookup},
    values::{error::ValueError, fill_alone::FillAlone, options::CacheOptions, slot::ValueSlot},
};

/// Values. Most programs use [`get_or_fill`](Self::get_or_fill).
impl Cache {
    /// Returns the value with this key; `None` if there is no fresh one.
    ///
    /// # Errors
    /// [`ValueError::Store`] if the store cannot be reached; never with the embedded one. [`ValueError::Decode`] if the
    /// value is not a `T`.
    pub async fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, ValueError> {
        let slot = ValueSlot::new(self, key);
        let value = match slot.find().await? {
            Lookup::Hit(entry, _) => slot.read(&entry)?,
            Lookup::Stale(..) | Lookup::VariesBy(..) | Lookup::Miss(_) => None,
        };
        let counters = self.shared.stats.program();
        if value.is_some() {
            counters.hit();
        } else {
            counters.miss();
        }
        Ok(value)
    }

    /// Stores a value, and replaces the one with this key. A running fill of the key in this process does not overwrite
    /// it.
    ///
    /// An invalidation between the time when the program read the value and this call has no effect on it. If that can
    /// happen, use [`get_or_fill`](Self::get_or_fill), which reads the clock before it fills.
    ///
    /// ```
    /// use std::time::Duration;
    /// use routekit::cache::{Cache, CacheOptions, ValueError};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), ValueError> {
    /// let cache = Cache::new();
    /// let options = CacheOptions::new().ttl(Duration::from_secs(60)).tags(["rates"]);
    /// cache.set("rate:EUR:USD", &1.08, &options).await?;
    /// assert_eq!(cache.get("rate:EUR:USD").await?, Some(1.08));
    /// cache.invalidate_pattern("rate:EUR:*").await?;
    /// assert_eq!(cache.get::<f64>("rate:EUR:USD").await?, None);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ValueError::Encode`] if the value cannot be written in its format. [`ValueError::Store`] if the store cannot
    /// be reached; never with the embedded one.
    pub async fn set<T: Serialize + ?Sized>(
        &self,
        key: &str,
        value: &T,
        options: &CacheOptions,
    ) -> Result<(), ValueError> {
        let slot = ValueSlot::new(self, key);
        let store = &self.shared.store;
        let mut stamp = None;
        if store.has_copies_elsewhere() || self.shared.flights.is_under_way(&slot.key.key) || FillAlone::exists(self) {
            // The fill may have read an older value, which it stores later. With this stamp, of two values that are set
            // at a time, the same one stays in all processes.
            stamp = self.invalidate_stamped(&[slot.target()]).await?;
        }
        let stamp = match stamp {
            Some(stamp) => stamp,
            None => store.stamp().await?,
        };
        let entry = slot.entry(value, options, stamp)?;
        self.shared.store.put(Entry::Response(entry)).await?;
        self.shared.stats.program().set();
        Ok(())
    }

    /// Invalidates the value with this key, and a running fill of it. Responses for a path with the same text stay
    /// valid.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be reached; never with the embedded one.
    pub async fn invalidate(&self, key: &str) -> Result<(), StoreError> {
        self.invalidate_targets(&[ValueSlot::new(self, key).target()]).await
    }

    /// Returns whether there is a fresh value with this key, of any type.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be reached; never with the embedded one.
    pub async fn exists(&self, key: &str) -> Result<bool, StoreError> {
        self.ttl(key).await.map(|ttl| ttl.is_some())
    }

    /// Returns how long the value with this key is still fresh; `None` if there is no fresh value.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be reached; never with the embedded one.
    pub async fn ttl(&self, key: &str) -> Result<Option<Duration>, StoreError> {
        let slot = ValueSlot::new(self, key);
        Ok(match slot.find().await? {
            Lookup::Hit(entry, _) if slot.owns(&entry) => Some(entry.ttl(self.shared.clock.now())),
            Lookup::Hit(..) | Lookup::Stale(..) | Lookup::VariesBy(..) | Lookup::Miss(_) => None,
        })
    }
}
