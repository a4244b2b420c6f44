//! The tags of entries that this process has seen.

use std::sync::Arc;

use parking_lot::Mutex;

use crate::cache::redis::wire::envelope::EnvelopeHead;

/// How many keys have a place.
const PLACES: usize = 4096;

/// Entries with more tags are not remembered.
const MAX_TAGS: usize = 64;

/// The tags that the entries of keys had. A key has one place, which it shares with other keys: the last one seen has
/// it. What is forgotten or wrong costs a call of the script.
pub(in crate::cache::redis) struct KnownTags(Box<[Mutex<Option<Known>>]>);

struct Known {
    key: u64,
    tags: Arc<[[u8; 8]]>,
    /// The stamp of an entry that needs the script.
    of_script: Option<u64>,
}

impl KnownTags {
    /// The tags of the key with this hash, if its entry is expected to need no script.
    pub(in crate::cache::redis) fn get(&self, key: u64) -> Option<Arc<[[u8; 8]]>> {
        let place = self.place(key).lock();
        let known = place.as_ref().filter(|known| known.key == key && known.of_script.is_none())?;
        Some(Arc::clone(&known.tags))
    }

    /// Remembers the tags of an entry.
    pub(in crate::cache::redis) fn learn(&self, key: u64, entry: &[u8]) {
        let Ok((head, _)) = EnvelopeHead::read(entry) else { return };
        let mut place = self.place(key).lock();
        let is_known = |known: &Known| known.key == key && known.of_script == Some(head.stamp);
        if head.tags.len() <= MAX_TAGS && !place.as_ref().is_some_and(is_known) {
            *place = Some(Known { key, tags: head.tags.into(), of_script: None });
        }
    }

    /// Notes that the entry of a key needs the script, until there is one with another stamp.
    pub(in crate::cache::redis) fn needs_script(&self, key: u64, stamp: u64) {
        if let Some(known) = self.place(key).lock().as_mut().filter(|known| known.key == key) {
            known.of_script = Some(stamp);
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "it is less than the number of places")]
    fn place(&self, key: u64) -> &Mutex<Option<Known>> {
        &self.0[(key % PLACES as u64) as usize]
    }
}

impl Default for KnownTags {
    fn default() -> Self {
        Self((0..PLACES).map(|_| Mutex::default()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::{redis::wire::envelope::head, validity::tag::Tag};

    fn entry(stamp: u64, tags: &[u64]) -> Vec<u8> {
        let tags: Vec<Tag> = tags.iter().copied().map(Tag::from_id).collect();
        head([0; 8], [0; 16], stamp, &tags).unwrap().to_vec()
    }

    #[test]
    fn the_last_key_of_a_place_is_known() {
        let known = KnownTags::default();
        let (one, two) = (5, 5 + PLACES as u64);
        assert_eq!(known.get(one), None);
        known.learn(one, &entry(1, &[1, 2]));
        assert_eq!(known.get(one).as_deref(), Some(&[1_u64.to_be_bytes(), 2_u64.to_be_bytes()][..]));
        assert_eq!(known.get(two), None);
        known.learn(two, &entry(1, &[]));
        assert_eq!((known.get(one).as_deref(), known.get(two).as_deref()), (None, Some(&[][..])));
        known.learn(one, b"damaged");
        known.learn(one, &entry(1, &[3; MAX_TAGS + 1]));
        assert_eq!(known.get(one), None);
    }

    #[test]
    fn an_entry_that_needs_the_script_has_no_tags_until_it_is_replaced() {
        let known = KnownTags::default();
        known.learn(7, &entry(1, &[1]));
        known.needs_script(7 + PLACES as u64, 1);
        assert!(known.get(7).is_some(), "it was for another key");
        known.needs_script(7, 1);
        assert_eq!(known.get(7), None);
        known.learn(7, &entry(1, &[1]));
        assert_eq!(known.get(7), None);
        known.learn(7, &entry(2, &[1]));
        assert!(known.get(7).is_some());
    }
}
