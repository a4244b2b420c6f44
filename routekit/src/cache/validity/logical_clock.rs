//! The logical clock, which decides which entries are still valid.
//!
//! 1. An invalidation takes the next number of the clock and records it for each of its targets. It does nothing else,
//!    so it costs the same for ten entries with a tag as for a million.
//! 2. An entry has a stamp: the reading of the clock before its handler ran. It is valid while none of its tags, and no
//!    pattern that matches it, has a number later than the stamp. So a response that was computed before an
//!    invalidation and stored after it is never served.
//! 3. An invalidation advances the clock twice: before its number is recorded, so that no running fetch is stamped with
//!    the number, and afterwards, so that an entry that was found valid in between is checked again.
//! 4. An entry remembers the reading of the clock when it was last found valid. While the clock does not advance,
//!    nothing has changed.
//! 5. A number that is forgotten, because the tag table or the ban list is full, raises the floor. A stamp below the
//!    floor is invalid.

use std::{
    cell::LazyCell,
    sync::atomic::{AtomicU64, Ordering},
};

#[cfg(feature = "redis")]
use crate::cache::validity::tag::Tag;
use crate::cache::validity::{
    beginnings::InvalidBeginnings,
    glob::Glob,
    key_text::KeyText,
    pattern_bans::Bans,
    provenance::Provenance,
    stamp::Stamp,
    tag_table::TagTable,
    target::{Subject, Target},
};

/// The clock, and the numbers of invalidations.
pub(in crate::cache) struct Validity {
    clock: AtomicU64,
    numbers: TagTable,
    beginnings: InvalidBeginnings,
    bans: Bans,
}

impl Validity {
    /// Remembers the numbers of about `tags` tags.
    pub(in crate::cache) fn new(tags: usize) -> Self {
        Self {
            clock: AtomicU64::new(1),
            numbers: TagTable::new(tags),
            beginnings: InvalidBeginnings::default(),
            bans: Bans::default(),
        }
    }

    /// Returns the stamp of responses that are computed from now on.
    pub(in crate::cache) fn stamp(&self) -> Stamp {
        Stamp::new(self.clock.load(Ordering::SeqCst))
    }

    /// Invalidates the entries that were stamped before now and that a target covers.
    pub(in crate::cache) fn invalidate<'t>(&self, targets: impl IntoIterator<Item = &'t Target>) -> Stamp {
        let number = self.tick();
        for target in targets {
            match (target.as_tag(), target.subject()) {
                (Some(tag), _) => self.numbers.record(tag, number),
                (None, Subject::Pattern(pattern)) => self.invalidate_pattern(target.partition(), pattern, number),
                (None, _) => {}
            }
        }
        self.tick();
        Stamp::new(number)
    }

    /// Records an invalidation that has this number of another clock, by which all entries are stamped.
    ///
    /// Must not be mixed with [`invalidate`](Self::invalidate). The clock here only tells entries that were found valid
    /// to be checked again.
    #[cfg(feature = "redis")]
    pub(in crate::cache) fn record<'p>(
        &self,
        tags: impl IntoIterator<Item = Tag>,
        patterns: impl IntoIterator<Item = (&'p str, &'p Glob)>,
        number: Stamp,
    ) {
        self.tick();
        for tag in tags {
            self.numbers.record(tag, number.number());
        }
        for (partition, pattern) in patterns {
            self.invalidate_pattern(partition, pattern, number.number());
        }
        self.tick();
    }

    /// The same for everything that was stamped before this number.
    #[cfg(feature = "redis")]
    pub(in crate::cache) fn record_all(&self, number: Stamp) {
        self.tick();
        self.numbers.raise_floor(number.number());
        self.tick();
    }

    fn invalidate_pattern(&self, partition: &str, pattern: &Glob, number: u64) {
        let beginning = pattern.prefix().filter(|_| !pattern.has_query());
        let is_recorded = |text| self.beginnings.record(partition, text, number, &self.numbers);
        if !beginning.is_some_and(is_recorded) {
            self.bans.add(partition, pattern, number, |number| self.numbers.flush(number));
        }
    }

    /// How often all older entries were invalidated because a number had to be forgotten.
    pub(in crate::cache) fn flushes(&self) -> u64 {
        self.numbers.flushes()
    }

    /// Invalidates all entries that were stamped before now.
    pub(in crate::cache) fn invalidate_all(&self) -> Stamp {
        let number = self.tick();
        self.numbers.raise_floor(number);
        self.tick();
        Stamp::new(number)
    }

    /// Whether nothing was invalidated after the stamp of an entry that is one of its tags or matches it.
    ///
    /// `text` is the text of its key; it is built only if a pattern must be compared with it.
    pub(in crate::cache) fn holds(&self, entry: &Provenance, text: impl FnOnce() -> KeyText) -> bool {
        // Read first: a number that is recorded during the checks below advances the clock again.
        let clock = self.clock.load(Ordering::SeqCst);
        if entry.is_proven_at(clock) {
            return true;
        }
        let stamp = entry.stamp().number();
        let text = LazyCell::new(text);
        let holds = entry.tags().iter().all(|tag| self.numbers.last(*tag) <= stamp)
            && !(self.beginnings.any_after(stamp)
                && self.beginnings.forbid(stamp, (&text.partition, &text.decoded_path()), &self.numbers))
            && !self.bans.forbid(stamp, || &*text)
            // Last, because a number is forgotten only after the floor was raised.
            && self.numbers.floor() <= stamp;
        if holds {
            entry.prove(clock);
        }
        holds
    }

    fn tick(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::SeqCst) + 1
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::atomic::AtomicUsize, thread};

    use super::*;
    #[cfg(not(feature = "redis"))]
    use crate::cache::validity::tag::Tag;

    fn entry(name: &str, stamp: Stamp) -> Provenance {
        Provenance::new(stamp).with_tags([Tag::named("", name)])
    }

    fn holds(validity: &Validity, entry: &Provenance) -> bool {
        validity.holds(entry, || unreachable!("no pattern was invalidated"))
    }

    /// An entry that is found valid while the number of its tag is being recorded must be checked again afterwards. If
    /// the clock moves only once, or is read last, this fails within some thousand rounds.
    #[test]
    fn an_entry_proven_during_an_invalidation_is_checked_again() {
        const ROUNDS: usize = 100_000;
        let validity = Validity::new(1 << 16);
        let stamp = validity.stamp();
        let entries: Vec<Provenance> = (0..ROUNDS).map(|round| entry(&round.to_string(), stamp)).collect();
        let round = AtomicUsize::new(0);
        thread::scope(|threads| {
            threads.spawn(|| {
                while let Some(entry) = entries.get(round.load(Ordering::Relaxed)) {
                    holds(&validity, entry);
                }
            });
            for (number, entry) in entries.iter().enumerate() {
                round.store(number, Ordering::Relaxed);
                validity.invalidate(&[Target::tag("", &number.to_string())]);
                // Several times: the other thread may be about to record that it is valid.
                let is_valid = (0..20).any(|_| holds(&validity, entry));
                if is_valid {
                    // Otherwise the other thread would never end.
                    round.store(ROUNDS, Ordering::Relaxed);
                }
                assert!(!is_valid, "round {number}");
            }
            round.store(ROUNDS, Ordering::Relaxed);
        });
    }

    #[test]
    fn an_entry_stays_proven_while_the_clock_stands() {
        let validity = Validity::new(64);
        let one = entry("one", validity.stamp());
        assert!(holds(&validity, &one));
        assert!(holds(&validity, &one));
        assert!(one.is_proven_at(validity.stamp().number()));
        validity.numbers.record(one.tags()[0], u64::MAX);
        assert!(holds(&validity, &one), "its tags are not checked while the clock stands");
        validity.invalidate(&[Target::tag("", "other")]);
        assert!(!holds(&validity, &one), "they are checked once it moves");
        let two = entry("two", validity.stamp());
        validity.invalidate(&[Target::tag("", "other")]);
        assert!(holds(&validity, &two), "another tag was invalidated");
        validity.invalidate_all();
        assert!(!holds(&validity, &two));
        assert!(holds(&validity, &entry("three", validity.stamp())));
    }
}
