//! How many connections the process can have.

use std::fs;

/// The most connections of the admin listener, which has its own, so that probes are answered under load.
pub(super) const ADMIN_CONNECTIONS: u32 = 64;

/// The most connections of the listener that redirects to HTTPS. It closes each after its response.
pub(super) const REDIRECT_CONNECTIONS: u32 = 64;

/// The files that are left for the admin listener and for everything else.
const RESERVED: u32 = 2 * ADMIN_CONNECTIONS;

/// The most connections where the limit is not known.
const FALLBACK: u32 = 10_000;

/// The most that a semaphore can count on every platform.
const MOST: u32 = u32::MAX >> 3;

/// The most connections of the main listener, as configured or else by the limit of open files.
pub(super) fn max_connections(configured: Option<u64>, redirects: bool) -> u32 {
    let reserved = if redirects { RESERVED + REDIRECT_CONNECTIONS } else { RESERVED };
    let files = open_files();
    let possible = files.map_or(FALLBACK, |files| below(files, reserved));
    let Some(configured) = configured.map(|most| u32::try_from(most).unwrap_or(MOST).min(MOST)) else {
        return possible;
    };
    if let Some(files) = files.filter(|_| configured > possible) {
        tracing::warn!(
            configured,
            files,
            "`server.max_connections` is more than the process can open: raise its limit of open files"
        );
    }
    configured
}

/// The number of connections for this number of files, at least half of them.
fn below(files: u32, reserved: u32) -> u32 {
    files.saturating_sub(reserved).max(files / 2).clamp(1, MOST)
}

/// The soft limit of open files. `None` if there is none, or if it is not known.
pub(in crate::app) fn open_files() -> Option<u32> {
    fs::read_to_string("/proc/self/limits").ok().and_then(|limits| soft_limit(&limits))
}

/// The soft limit of open files, in the format of `proc_pid_limits(5)`. `None` if there is none.
fn soft_limit(limits: &str) -> Option<u32> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    let files: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(u32::try_from(files).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn soft_limit_is_read_from_its_line() {
        let limits = "Limit                     Soft Limit           Hard Limit           Units     \n\
                      Max processes             95940                95940                processes \n\
                      Max open files            1024                 1048576              files     \n";
        assert_eq!(soft_limit(limits), Some(1024));
        assert_eq!(soft_limit(&limits.replace("1024 ", "unlimited ")), None);
        assert_eq!(soft_limit("nothing"), None);
    }

    #[test]
    fn some_files_are_left_for_everything_else() {
        for (files, most) in [(1024, 896), (200, 100), (1, 1)] {
            assert_eq!(below(files, RESERVED), most, "{files} files");
        }
    }
}
