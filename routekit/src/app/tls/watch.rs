//! Reads the files again while the app runs.

use std::{future::poll_fn, time::Duration};

use super::{
    certificate::ServerCertificate,
    files::{CertificateFiles, FileContents, FileFault},
};
use crate::{
    base::clock::Clock,
    deadline::Deadline,
    metrics::{CertificateMetrics, SharedRecorder},
};

/// How often the files are read.
const INTERVAL: Duration = Duration::from_secs(10);

impl ServerCertificate {
    /// Uses what the files hold whenever it changes. Never ends.
    ///
    /// A program that renews a certificate may write one file after the other. So a pair that cannot be used counts
    /// only if the next reading finds the same.
    pub(in crate::app) fn watch(
        self,
        clock: Clock,
        recorder: &SharedRecorder,
    ) -> impl Future<Output = ()> + Send + use<> {
        self.poll_files(clock, CertificateMetrics::new(recorder))
    }

    async fn poll_files(self, clock: Clock, metrics: CertificateMetrics) {
        // The digest of what was used or reported last, and of what may be half of a change.
        let (mut known, mut unfinished) = (self.first_digest(), None);
        loop {
            let mut deadline = Deadline::default();
            poll_fn(|cx| deadline.poll_expired(INTERVAL, &clock, cx)).await;
            let certificate = self.clone();
            let read = tokio::task::spawn_blocking(move || certificate.files().read()).await;
            // The runtime shuts down.
            let Ok(contents) = read else { return };
            let digest = contents.digest();
            if digest == known {
                unfinished = None;
            } else if self.apply(&contents, unfinished == Some(digest), &metrics) {
                (known, unfinished) = (digest, None);
            } else {
                unfinished = Some(digest);
            }
        }
    }

    /// Uses a pair that can be used. Reports one that cannot if that is `settled`. Returns whether it did either.
    fn apply(&self, contents: &FileContents, settled: bool, metrics: &CertificateMetrics) -> bool {
        match self.files().parse(contents) {
            Ok(pair) => {
                self.replace(pair);
                metrics.ok.increment(1);
                let file = self.files().certificate.display();
                tracing::info!(target: "routekit", %file, "new connections use the TLS certificate that was read again");
            }
            Err(_) if !settled => return false,
            Err(faults) => {
                let error = describe(self.files(), &faults);
                tracing::error!(target: "routekit", error, "the TLS certificate cannot be replaced; the old one is used");
                self.keep(error);
                metrics.error.increment(1);
            }
        }
        true
    }
}

fn describe(files: &CertificateFiles, faults: &[FileFault]) -> String {
    let texts = faults.iter().map(|fault| format!("`{}`: {}", files.path(fault.file).display(), fault.reason));
    texts.collect::<Vec<_>>().join("; ")
}
