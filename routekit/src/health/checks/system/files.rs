//! Files of `/proc` and `/sys`. They are in memory, so reading them does not block.

use std::path::Path;

/// Reads a file below `root`. An error names it.
pub(super) fn read(root: &Path, file: impl AsRef<Path>) -> Result<String, String> {
    let file = root.join(file);
    std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))
}
