//! The part of a limit that all processes share: the keys of its clients, and its own counts.

use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest as _, Sha256};

use super::{client_key::ClientKey, gcra::Gcra, limit::Limit};
use crate::shared_quotas::{QuotaTake, SharedQuotas};

/// A limit that all processes share.
pub(super) struct SharedLimit {
    pub(super) quotas: SharedQuotas,
    /// Has read the limit, so that a key has only the client to add.
    digest: Sha256,
    pub(super) passed: AtomicU64,
    pub(super) exceeded: AtomicU64,
    /// Requests that this process has counted, because the server could not be used.
    pub(super) fallbacks: AtomicU64,
}

impl SharedLimit {
    /// The limit of `owner`: a route, a group, or the app. The quota is a part of the key, so that a new version of
    /// the program with another quota does not read the state of the old one.
    pub(super) fn new(quotas: SharedQuotas, owner: &str, limit: &Limit) -> Self {
        let quota = format!("{}/{}", limit.rate().period_nanos(), limit.effective_burst());
        let mut digest = Sha256::new();
        for part in [owner, limit.display_name(), &limit.by().to_string(), &quota] {
            put(&mut digest, part.as_bytes());
        }
        let [passed, exceeded, fallbacks] = [const { AtomicU64::new(0) }; 3];
        Self { quotas, digest, passed, exceeded, fallbacks }
    }

    /// One request of this client. The key does not contain the client in clear text. A reader of the keys can
    /// find an address by trying all of them.
    pub(super) fn take(&self, client: &ClientKey<'_>, gcra: &Gcra, observes: bool) -> QuotaTake {
        let mut digest = self.digest.clone();
        match client {
            ClientKey::Address(address) => {
                digest.update(b"a");
                digest.update(address.to_be_bytes());
            }
            ClientKey::User(issuer, name) => {
                digest.update(if issuer.is_some() { b"i" } else { b"u" });
                put(&mut digest, issuer.unwrap_or_default().as_bytes());
                put(&mut digest, name.as_bytes());
            }
            ClientKey::Header(value) => {
                digest.update(b"h");
                digest.update(value);
            }
            ClientKey::Text(text) => {
                digest.update(b"t");
                digest.update(text.as_bytes());
            }
        }
        let mut key = [0; 16];
        key.copy_from_slice(&digest.finalize()[..16]);
        QuotaTake { key, period: gcra.period(), tolerance: gcra.tolerance(), observes }
    }

    pub(super) fn count(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

/// With its length, so that no two lists of parts are the same text.
fn put(digest: &mut Sha256, part: &[u8]) {
    digest.update((part.len() as u64).to_be_bytes());
    digest.update(part);
}
