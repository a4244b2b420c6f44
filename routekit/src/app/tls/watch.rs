//! Reads the files again while the app runs.

use std::{future::poll_fn, time::Duration};

use rustls::sign::CertifiedKey;

use super::{certificate::ServerCertificate, files::FileFault};
use crate::{
    base::clock::Clock,
    deadline::Deadline,
    metrics::{CertificateMetrics, SharedRecorder},
};

/// How often the files are read.
const INTERVAL: Duration = Duration::from_secs(10);

impl ServerCertificate {
    /// Uses what the files hold whenever it changes. Never ends.
    pub(in crate::app) fn watch(
        self,
        clock: Clock,
        recorder: &SharedRecorder,
    ) -> impl Future<Output = ()> + Send + use<> {
        self.read_again(clock, CertificateMetrics::new(recorder))
    }

    async fn read_again(self, clock: Clock, metrics: CertificateMetrics) {
        let mut changes = FileChanges { known: self.first_digest(), unfinished: None };
        loop {
            let mut deadline = Deadline::default();
            poll_fn(|cx| deadline.poll_expired(INTERVAL, &clock, cx)).await;
            let certificate = self.clone();
            let read = tokio::task::spawn_blocking(move || certificate.files().read()).await;
            // Fails only if the runtime shuts down.
            let Ok(contents) = read else { return };
            match changes.next(contents.digest(), || self.files().parse(&contents)) {
                None => {}
                Some(Ok(pair)) => self.apply(pair, &metrics),
                Some(Err(faults)) => self.report(&faults, &metrics),
            }
        }
    }

    fn apply(&self, pair: CertifiedKey, metrics: &CertificateMetrics) {
        self.replace(pair);
        metrics.ok.increment(1);
        let file = self.files().certificate.display();
        tracing::info!(target: "routekit", %file, "the TLS certificate was read again; new connections use it");
    }

    fn report(&self, faults: &[FileFault], metrics: &CertificateMetrics) {
        let texts =
            faults.iter().map(|fault| format!("`{}`: {}", self.files().path(fault.file).display(), fault.reason));
        let error = texts.collect::<Vec<_>>().join("; ");
        tracing::error!(target: "routekit", error, "the TLS certificate cannot be replaced; the old one stays in use");
        self.keep(error);
        metrics.error.increment(1);
    }
}

/// Finds changes of the files by digests of their contents.
///
/// A program that renews a certificate may write one file after the other. So files that cannot be used count only if
/// they are the same at the next reading.
struct FileChanges {
    /// What was used or reported last.
    known: [u8; 32],
    /// What cannot be used, and may be half of a change.
    unfinished: Option<[u8; 32]>,
}

impl FileChanges {
    /// Returns what to use or to report. `None` if nothing has changed, or if the change may be unfinished.
    fn next<P, F>(&mut self, digest: [u8; 32], parse: impl FnOnce() -> Result<P, F>) -> Option<Result<P, F>> {
        if digest == self.known {
            self.unfinished = None;
            return None;
        }
        let parsed = parse();
        if parsed.is_err() && self.unfinished.replace(digest) != Some(digest) {
            return None;
        }
        (self.known, self.unfinished) = (digest, None);
        Some(parsed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn change_is_used_at_once_and_reported_once_if_it_stays_unusable() {
        let mut changes = FileChanges { known: [0; 32], unfinished: None };
        for (step, contents, usable, expected) in [
            (1, 0, true, None),
            (2, 1, true, Some(true)),
            (3, 1, true, None),
            // Half of a change.
            (4, 2, false, None),
            (5, 3, true, Some(true)),
            // Unusable for longer than one reading.
            (6, 4, false, None),
            (7, 4, false, Some(false)),
            (8, 4, false, None),
            (9, 4, false, None),
            // Unusable in another way.
            (10, 5, false, None),
            (11, 5, false, Some(false)),
            (12, 3, true, Some(true)),
            // A change that is undone before the next reading but one.
            (13, 6, false, None),
            (14, 3, true, None),
            (15, 6, false, None),
            (16, 6, false, Some(false)),
        ] {
            let parse = || if usable { Ok(()) } else { Err(()) };
            let next = changes.next([contents; 32], parse).map(|parsed| parsed.is_ok());
            assert_eq!(next, expected, "step {step}");
        }
    }
}
