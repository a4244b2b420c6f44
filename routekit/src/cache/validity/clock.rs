//! The logical clock: which entries are still valid.
//!
//! 1. Every invalidation takes the clock's next number and records it for what it invalidates. That is all it does: it costs the same
//!    whether ten entries carry the tag or a million.
//! 2. Every entry has a stamp: what the clock said before its handler ran. It is valid while nothing that it carries has a number
//!    later than its stamp. So an answer that was computed before an invalidation and stored after it is never served.
//! 3. The clock moves twice for an invalidation: before its number is recorded, to give it one that no fill under way is
//!    stamped with, and after it, so that whoever found an entry valid in between looks again.
//! 4. An entry remembers what the clock said when it last proved valid. While the clock has not moved, nothing can have changed.
//! 5. Numbers that are forgotten (a full tag table, a full ban list) raise the floor, below which every stamp is invalid.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::cache::validity::{
    bans::Bans,
    key_text::KeyText,
    provenance::Provenance,
    tag_table::TagTable,
    target::{Subject, Target},
};

/// What a cache's logical clock said. A later one is greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp(u64);

impl Stamp {
    /// A number of a store's own clock.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }
}

/// The clock and everything that has a number.
pub(in crate::cache) struct Validity {
    clock: AtomicU64,
    numbers: TagTable,
    bans: Bans,
}

impl Validity {
    /// Remembers the numbers of about this many tags.
    pub(in crate::cache) fn new(tags: usize) -> Self {
        Self { clock: AtomicU64::new(1), numbers: TagTable::new(tags), bans: Bans::default() }
    }

    /// What an answer is stamped with that is computed from now on.
    pub(in crate::cache) fn stamp(&self) -> Stamp {
        Stamp(self.clock.load(Ordering::SeqCst))
    }

    /// Makes invalid whatever was stamped before now and is one of these.
    pub(in crate::cache) fn invalidate<'t>(&self, targets: impl IntoIterator<Item = &'t Target>) -> Stamp {
        let number = self.tick();
        for target in targets {
            match (target.as_tag(), target.subject()) {
                (Some(tag), _) => self.numbers.record(tag, number),
                (None, Subject::Pattern(pattern)) => {
                    self.bans.add(target.partition(), pattern, number, |number| self.numbers.raise_floor(number));
                }
                (None, _) => {}
            }
        }
        self.tick();
        Stamp(number)
    }

    /// Makes invalid whatever was stamped before now.
    pub(in crate::cache) fn invalidate_all(&self) -> Stamp {
        let number = self.tick();
        self.numbers.raise_floor(number);
        self.tick();
        Stamp(number)
    }

    /// Whether nothing was invalidated after the stamp of an entry that it carries or matches.
    ///
    /// `text` is the text of its key; it is made only if a pattern has to be compared with it.
    pub(in crate::cache) fn holds(&self, entry: &Provenance, text: impl FnOnce() -> KeyText) -> bool {
        // Read first: a number that is recorded during the checks below moves the clock again.
        let clock = self.clock.load(Ordering::SeqCst);
        if entry.is_proven_at(clock) {
            return true;
        }
        let stamp = entry.stamp().number();
        let holds = entry.tags().iter().all(|tag| self.numbers.last(*tag) <= stamp)
            && !self.bans.forbid(stamp, text)
            // Last, since a number is forgotten only after the floor was raised.
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
    use crate::cache::validity::tag::Tag;

    fn entry(name: &str, stamp: Stamp) -> Provenance {
        Provenance::new(stamp).with_tags([Tag::named("", name)])
    }

    fn holds(validity: &Validity, entry: &Provenance) -> bool {
        validity.holds(entry, || unreachable!("no pattern was invalidated"))
    }

    /// An entry that is found valid while its tag's number is on its way must not be taken for proven afterwards. Without the clock's second
    /// move, or with the clock read last, this fails within some thousand rounds.
    #[test]
    fn what_was_proven_meanwhile_is_looked_at_again() {
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
                // More than once: the other thread may be about to take it for proven.
                let is_valid = (0..20).any(|_| holds(&validity, entry));
                if is_valid {
                    // Else the other thread would never end.
                    round.store(ROUNDS, Ordering::Relaxed);
                }
                assert!(!is_valid, "round {number}");
            }
            round.store(ROUNDS, Ordering::Relaxed);
        });
    }

    #[test]
    fn an_unchanged_clock_proves_what_it_proved_before() {
        let validity = Validity::new(64);
        let one = entry("one", validity.stamp());
        assert!(holds(&validity, &one));
        assert!(holds(&validity, &one));
        assert!(one.is_proven_at(validity.stamp().number()));
        validity.numbers.record(one.tags()[0], u64::MAX);
        assert!(holds(&validity, &one), "its tags are not looked at as long as the clock stands");
        validity.invalidate(&[Target::tag("", "other")]);
        assert!(!holds(&validity, &one), "and then they are");
        let two = entry("two", validity.stamp());
        validity.invalidate(&[Target::tag("", "other")]);
        assert!(holds(&validity, &two), "it was another tag");
        validity.invalidate_all();
        assert!(!holds(&validity, &two));
        assert!(holds(&validity, &entry("three", validity.stamp())));
    }
}
