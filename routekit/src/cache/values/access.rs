//! What programs do with single values.

use std::time::Duration;

use serde::{Serialize, de::DeserializeOwned};

use super::{CacheOptions, ValueError, slot::Slot};
use crate::cache::{Cache, Entry, Lookup, StoreError};

/// Values: see [`get_or_fill`](Self::get_or_fill), which is what most programs want.
impl Cache {
    /// The value that is kept under this key, if it is fresh.
    ///
    /// # Errors
    /// [`ValueError::Store`] if the store cannot be reached; never with the embedded one. [`ValueError::Decode`] if what is kept is not a `T`.
    pub async fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, ValueError> {
        let slot = Slot::new(self, key);
        let value = match self.lookup(&slot.named.key).await? {
            Lookup::Hit(entry, _) => slot.read(&entry)?,
            Lookup::Stale(..) | Lookup::VariesBy(..) | Lookup::Miss(_) => None,
        };
        let counters = self.book().of_program();
        if value.is_some() {
            counters.hit();
        } else {
            counters.miss();
        }
        Ok(value)
    }

    /// Keeps a value, in place of the one that this key had. A fill of the key that is under way in this process does not undo it.
    ///
    /// What is invalidated after the value was read and before this is called is not known here: where that may be, use
    /// [`get_or_fill`](Self::get_or_fill), which reads after it has looked at the clock.
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
    /// [`ValueError::Encode`] if the value cannot be written in its format. [`ValueError::Store`] if the store cannot be reached; never with the
    /// embedded one.
    pub async fn set<T: Serialize + ?Sized>(
        &self,
        key: &str,
        value: &T,
        options: &CacheOptions,
    ) -> Result<(), ValueError> {
        let slot = Slot::new(self, key);
        if self.is_under_way(&slot.named.key) || self.values().are_filled_beside() {
            // What it read is perhaps older than this, and is stored later.
            self.invalidate_targets(&[slot.target()]).await?;
        }
        let stamp = self.stamp().await?;
        let entry = slot.entry(value, options, stamp)?;
        self.try_put(Entry::Response(entry)).await?;
        self.book().of_program().set();
        Ok(())
    }

    /// Makes the value of this key invalid, also one that is being filled. It says nothing of answers whose path is spelt as the key.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be reached; never with the embedded one.
    pub async fn invalidate(&self, key: &str) -> Result<(), StoreError> {
        self.invalidate_targets(&[Slot::new(self, key).target()]).await
    }

    /// Whether there is a value under this key that is fresh, of whatever type.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be reached; never with the embedded one.
    pub async fn exists(&self, key: &str) -> Result<bool, StoreError> {
        self.ttl(key).await.map(|ttl| ttl.is_some())
    }

    /// For how long the value of this key is still fresh; `None` without one.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be reached; never with the embedded one.
    pub async fn ttl(&self, key: &str) -> Result<Option<Duration>, StoreError> {
        let slot = Slot::new(self, key);
        Ok(match self.lookup(&slot.named.key).await? {
            Lookup::Hit(entry, _) if slot.owns(&entry) => Some(entry.ttl(self.now())),
            Lookup::Hit(..) | Lookup::Stale(..) | Lookup::VariesBy(..) | Lookup::Miss(_) => None,
        })
    }
}
