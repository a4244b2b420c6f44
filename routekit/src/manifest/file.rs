//! The manifest as a file.

use std::{fmt, path::Path};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::route::ManifestRoute;

/// The version of the format that this release writes and reads.
const FORMAT: u32 = 1;

/// What an app offers. `Display` and `Serialize` write it as JSON; the file is meant to be kept with a release.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Manifest {
    /// The version of the format.
    routekit_manifest: u32,
    pub(super) routes: Vec<ManifestRoute>,
    /// The OpenAPI document of all routes.
    pub(super) openapi: Value,
}

/// What follows the version.
#[derive(Deserialize)]
struct Content {
    routes: Vec<ManifestRoute>,
    openapi: Value,
}

/// The only member that every version of the format has.
#[derive(Deserialize)]
struct FileHead {
    routekit_manifest: u32,
}

/// A text is not a manifest. `Display` names the file, the line and the column.
#[derive(Debug)]
pub struct ManifestError {
    place: String,
    reason: String,
}

impl Manifest {
    pub(crate) fn new(routes: Vec<ManifestRoute>, openapi: Value) -> Self {
        Self { routekit_manifest: FORMAT, routes, openapi }
    }

    /// Reads a manifest. `file` is its place in the error.
    ///
    /// # Errors
    /// The text is not JSON, is not a manifest, or is one of a later format.
    pub fn parse(text: &str, file: &Path) -> Result<Self, ManifestError> {
        let invalid = |error: &serde_json::Error, what: &str| {
            let place = format!("{}:{}:{}", file.display(), error.line().max(1), error.column().max(1));
            // serde_json repeats the position at the end of its message.
            let message = error.to_string();
            let message = message.split(" at line ").next().unwrap_or_default();
            ManifestError { place, reason: format!("{what}: {message}") }
        };
        let head: FileHead = serde_json::from_str(text)
            .map_err(|error| invalid(&error, "not a manifest, as the command `manifest` prints it"))?;
        if head.routekit_manifest != FORMAT {
            let place = format!("{}:1:1", file.display());
            let reason =
                format!("the format is version {}; this program reads version {FORMAT}", head.routekit_manifest);
            return Err(ManifestError { place, reason });
        }
        let Content { routes, openapi } =
            serde_json::from_str(text).map_err(|error| invalid(&error, "a damaged manifest"))?;
        Ok(Self::new(routes, openapi))
    }
}

/// Pretty-printed JSON.
impl fmt::Display for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string_pretty(self).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.reason)
    }
}

impl std::error::Error for ManifestError {}
