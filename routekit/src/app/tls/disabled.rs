//! Stands in for the certificate in builds without the feature.

use std::future::Ready;

use crate::{
    base::{clock::Clock, setup_problem::SetupProblem},
    config::Config,
    health::HealthCheck,
    metrics::SharedRecorder,
};

/// A certificate that cannot exist.
#[derive(Debug, Clone)]
pub(in crate::app) enum ServerCertificate {}

impl ServerCertificate {
    pub(in crate::app) fn health_check(&self) -> HealthCheck {
        match *self {}
    }

    pub(in crate::app) fn watch(self, _clock: Clock, _recorder: &SharedRecorder) -> Ready<()> {
        match self {}
    }
}

/// Returns no certificate. The check of the configuration reports settings that need the feature.
pub(in crate::app) fn load(_config: &Config, _problems: &mut Vec<SetupProblem>) -> Option<ServerCertificate> {
    None
}
