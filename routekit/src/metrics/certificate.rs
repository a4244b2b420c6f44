//! Metrics of the certificate that an app serves with.

use metrics::{Counter, Key, Label};

use super::{
    names::{CERTIFICATE_RELOADS, METADATA, describe_certificate},
    recorder::SharedRecorder,
};

/// How often the files of a certificate were read again after they had changed.
pub(crate) struct CertificateMetrics {
    /// The new certificate is in use.
    pub(crate) ok: Counter,
    /// The files cannot be used.
    pub(crate) error: Counter,
}

impl CertificateMetrics {
    /// Registers the metrics.
    pub(crate) fn new(recorder: &SharedRecorder) -> Self {
        describe_certificate(&**recorder);
        let [ok, error] = ["ok", "error"].map(|result| {
            let labels = vec![Label::from_static_parts("result", result)];
            recorder.register_counter(&Key::from_parts(CERTIFICATE_RELOADS, labels), &METADATA)
        });
        // So that both exist before the first change.
        ok.increment(0);
        error.increment(0);
        Self { ok, error }
    }
}
