//! Files of `/proc` and `/sys`. They are in memory, so reading them does not block.

use std::path::Path;

/// Reads a file below `root`. An error names it.
pub(super) fn read(root: &Path, file: impl AsRef<Path>) -> Result<String, String> {
    let file = root.join(file);
    std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))
}

/// The number of files in a directory below `root`.
pub(super) fn count(root: &Path, directory: &str) -> Option<u64> {
    let files = std::fs::read_dir(root.join(directory)).ok()?;
    u64::try_from(files.count()).ok()
}

/// The value of a line such as `VmRSS:       4242 kB`.
pub(super) fn value<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    Some(value.trim())
}

/// The value of a line such as `VmRSS:       4242 kB`, in bytes.
pub(super) fn kilobytes(text: &str, name: &str) -> Option<u64> {
    let number: u64 = value(text, name)?.strip_suffix("kB")?.trim().parse().ok()?;
    number.checked_mul(1024)
}
