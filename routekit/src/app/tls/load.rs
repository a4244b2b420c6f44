//! The start: reads the configured files.

use super::{
    certificate::ServerCertificate,
    files::{CertificateFiles, FileFault, PemFile},
};
use crate::{
    base::setup_problem::SetupProblem,
    config::{self, Config},
};

/// Returns the certificate of the app. `None` if it has none, or if there is a problem.
pub(in crate::app) fn load(config: &Config, problems: &mut Vec<SetupProblem>) -> Option<ServerCertificate> {
    // The check of the configuration reports one without the other.
    let (Some(certificate), Some(key)) = (&*config.server_tls_certificate, &*config.server_tls_key) else {
        return None;
    };
    let files = CertificateFiles { certificate: certificate.clone(), key: key.clone() };
    let problem = |fault: FileFault| {
        let (name, origin) = match fault.file {
            PemFile::Certificate => ("server.tls_certificate", config.server_tls_certificate.origin()),
            PemFile::Key => ("server.tls_key", config.server_tls_key.origin()),
        };
        let path = files.path(fault.file).display().to_string();
        SetupProblem::invalid_setting(config::place(name, origin), &path, &fault.reason)
    };
    let contents = files.read();
    match files.parse(&contents) {
        Ok(pair) => match ServerCertificate::new(files, pair, contents.digest()) {
            Ok(certificate) => Some(certificate),
            Err(error) => {
                problems.push(SetupProblem::new("tls", format!("TLS cannot be set up: {error}")));
                None
            }
        },
        Err(faults) => {
            problems.extend(faults.into_iter().map(problem));
            None
        }
    }
}
