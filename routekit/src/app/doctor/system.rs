//! The limits of the process, and its clock.

use std::time::Duration;

use super::diagnosis::Diagnosis;
use crate::{app::server, base::clock::Clock, config::Config};

/// The limit of open files below which a server runs out of connections under load.
const FEW_FILES: u32 = 4096;

/// A day in 2025. A machine without a battery for its clock starts in 1970.
const PAST: Duration = Duration::from_secs(1_735_689_600);

/// Open files and time.
pub(super) fn examine(config: &Config, clock: &Clock) -> Vec<Diagnosis> {
    vec![open_files(*config.server_max_connections, server::open_files()), time(clock)]
}

fn open_files(wanted: Option<u64>, files: Option<u32>) -> Diagnosis {
    let Some(files) = files else { return Diagnosis::ok("open files", "no limit") };
    let raise = "raise it with `ulimit -n` or `LimitNOFILE=`";
    match wanted {
        Some(wanted) if wanted > u64::from(files) => Diagnosis::problem(
            "open files",
            format!("the limit is {files}, and `server.max_connections` is {wanted}: {raise}"),
        ),
        None if files < FEW_FILES => Diagnosis::warning(
            "open files",
            format!("the limit is {files}, so the app takes fewer connections than that: {raise}"),
        ),
        _ => Diagnosis::ok("open files", format!("the limit is {files}")),
    }
}

fn time(clock: &Clock) -> Diagnosis {
    let now = clock.unix_time();
    let shown = crate::base::clock::rfc3339(now);
    if now < PAST {
        let text = format!("the clock says {shown}, which is in the past: tokens and certificates will not be valid");
        return Diagnosis::problem("time", text);
    }
    Diagnosis::ok("time", shown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ManualClock, app::doctor::diagnosis::DiagnosisLevel};

    #[test]
    fn few_files_are_a_warning_and_fewer_than_connections_are_a_problem() {
        for (wanted, files, expected) in [
            (None, None, DiagnosisLevel::Ok),
            (None, Some(65_536), DiagnosisLevel::Ok),
            (None, Some(1024), DiagnosisLevel::Warning),
            (Some(1000), Some(1024), DiagnosisLevel::Ok),
            (Some(2000), Some(1024), DiagnosisLevel::Problem),
        ] {
            assert_eq!(open_files(wanted, files).severity, expected, "{wanted:?} {files:?}");
        }
    }

    #[test]
    fn clock_of_1970_is_a_problem() {
        let clock = ManualClock::new();
        clock.set_unix_time(Duration::from_secs(60));
        assert_eq!(time(&clock.clock()).severity, DiagnosisLevel::Problem);
        clock.set_unix_time(PAST);
        assert_eq!(time(&clock.clock()).severity, DiagnosisLevel::Ok);
    }
}
