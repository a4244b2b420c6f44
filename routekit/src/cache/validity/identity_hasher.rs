//! A hasher for keys that are hashes already.

use std::hash::Hasher;

/// Uses a `u64` as its own hash.
#[derive(Default)]
pub(in crate::cache) struct IdentityHasher(u64);

impl Hasher for IdentityHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("only `u64` keys are hashed");
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}
