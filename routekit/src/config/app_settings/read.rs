//! Reads the settings of the program as its type, or reports all problems.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;

use super::{
    error,
    reader::{NodeReader, ReadAttempt},
    sources::AppSettings,
};
use crate::base::setup_problem::SetupProblem;

impl AppSettings {
    /// Reads the settings as a `T`. `is_ours` is whether routekit has a setting of this name.
    ///
    /// `serde` ends at the first error. So that all are reported, each setting that cannot be read gets a substitute,
    /// and the settings are read again.
    pub(in crate::config) fn read<T: DeserializeOwned>(
        &self,
        is_ours: impl Fn(&str) -> bool,
    ) -> Result<T, Vec<SetupProblem>> {
        self.mark_as_read();
        let mut problems = BTreeMap::new();
        let mut attempt = ReadAttempt::default();
        let read = loop {
            let read = T::deserialize(NodeReader::new(&self.root, &attempt)).map_err(|error| error.at(&self.root));
            for (place, known) in attempt.unknown.take() {
                let name = place.key.rsplit('.').next().unwrap_or_default();
                let problem = error::unknown(&place, known, &self.prefix, is_ours(name));
                problems.insert(format!("{} {place}", place.key), problem);
            }
            match read {
                Ok(value) => break Some(value),
                Err(error) => {
                    let key = error.key();
                    problems.entry(key.clone()).or_insert_with(|| error.problem(&self.prefix));
                    // The substitute does not fit either.
                    if !attempt.unreadable.insert(key) {
                        break None;
                    }
                }
            }
        };
        match read {
            Some(value) if problems.is_empty() => Ok(value),
            _ => Err(problems.into_values().collect()),
        }
    }
}
