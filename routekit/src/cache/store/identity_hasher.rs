//! Maps whose keys are hashes already.

use std::hash::Hasher;

/// Takes a number for its hash.
#[derive(Default)]
pub(in crate::cache) struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("a hash is hashed as a number");
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}
