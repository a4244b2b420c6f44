//! The result of one check.

use std::fmt;

/// What a check has found.
#[derive(Debug)]
pub(crate) struct Diagnosis {
    pub(crate) severity: DiagnosisLevel,
    check: &'static str,
    text: String,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum DiagnosisLevel {
    Ok,
    /// The app starts, and something is wrong.
    Warning,
    /// The app does not start, or does not work.
    Problem,
}

#[expect(clippy::needless_pass_by_value, reason = "most texts are made for the call")]
impl Diagnosis {
    pub(super) fn ok(check: &'static str, text: impl ToString) -> Self {
        Self { severity: DiagnosisLevel::Ok, check, text: text.to_string() }
    }

    pub(super) fn warning(check: &'static str, text: impl ToString) -> Self {
        Self { severity: DiagnosisLevel::Warning, ..Self::ok(check, text) }
    }

    pub(super) fn problem(check: &'static str, text: impl ToString) -> Self {
        Self { severity: DiagnosisLevel::Problem, ..Self::ok(check, text) }
    }
}

/// `warning  redis          127.0.0.1:6379 cannot be reached`
impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            DiagnosisLevel::Ok => "ok",
            DiagnosisLevel::Warning => "warning",
            DiagnosisLevel::Problem => "problem",
        };
        // Further lines stand below the text.
        let text = self.text.replace('\n', &format!("\n{:24}", ""));
        write!(f, "{severity:8} {:14} {text}", self.check)
    }
}
