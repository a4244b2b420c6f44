//! Problems that are found before the port opens, and their texts.
//!
//! An app reports all of them at once, each with its locations. The module that finds a problem also builds it.

use std::fmt;

/// The reason why an app did not start, or did not shut down cleanly.
///
/// `Debug` and `Display` print the same text, written for a terminal: `fn main() -> Result<(), routekit::Error>` prints
/// it and exits with code 1.
pub struct Error {
    problems: Vec<SetupProblem>,
}

/// One problem that keeps an app from starting or from shutting down cleanly.
///
/// `Display` says what is wrong, where, and what to write instead. Programs can match on the [`code`](Self::code).
///
/// ```
/// use routekit::{config::Config, prelude::*};
///
/// #[get("/users")]
/// async fn users() {}
///
/// let error = App::with_routes(routes![users]).config(Config::default()).prefix("api").into_router().unwrap_err();
/// let [problem] = error.problems() else { panic!("{error}") };
/// assert_eq!(problem.code(), "invalid-prefix");
/// assert_eq!(problem.to_string(), "the prefix `api` must start with `/`");
/// ```
#[derive(Debug, Clone)]
pub struct SetupProblem {
    code: &'static str,
    message: String,
    locations: Vec<String>,
    /// Whether the app had already started.
    after_start: bool,
}

impl SetupProblem {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), locations: Vec::new(), after_start: false }
    }

    /// Adds a place that the message already names.
    pub(crate) fn at(mut self, location: impl Into<String>) -> Self {
        self.locations.push(location.into());
        self
    }

    /// Adds places, and lists them below the message.
    pub(crate) fn listing<L: Into<String>>(mut self, locations: impl IntoIterator<Item = L>) -> Self {
        for location in locations {
            let location = location.into();
            self.message.push_str("\n  ");
            self.message.push_str(&location);
            self.locations.push(location);
        }
        self
    }

    /// Marks a problem of an app that had already started.
    pub(crate) fn after_start(self) -> Self {
        Self { after_start: true, ..self }
    }

    /// The problem that the value of a setting cannot be used. `setting` is its place: `ROUTEKIT_ADDR`.
    pub(crate) fn invalid_setting(setting: impl Into<String>, value: &str, reason: &str) -> Self {
        let setting = setting.into();
        Self::new("invalid-setting", format!("{setting} is `{value}`: {reason}")).at(setting)
    }

    /// Returns the kind of problem, such as `duplicate-route` or `invalid-setting`. Messages may change, codes do not.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// Returns the places that the problem concerns: `GET /users (src/users.rs:10)`, `src/main.rs:12`, `ROUTEKIT_ADDR`.
    #[must_use]
    pub fn locations(&self) -> &[String] {
        &self.locations
    }
}

impl fmt::Display for SetupProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for SetupProblem {}

impl Error {
    pub(crate) fn new(problems: Vec<SetupProblem>) -> Self {
        Self { problems }
    }

    /// Returns all problems, in a fixed order.
    #[must_use]
    pub fn problems(&self) -> &[SetupProblem] {
        &self.problems
    }
}

impl From<SetupProblem> for Error {
    fn from(problem: SetupProblem) -> Self {
        Self::new(vec![problem])
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.problems.as_slice() {
            [problem] if problem.after_start => write!(f, "{problem}"),
            [problem] => write!(f, "the app cannot start: {problem}"),
            problems => {
                let failed = if problems.iter().all(|problem| problem.after_start) {
                    "the app did not stop cleanly"
                } else {
                    "the app cannot start"
                };
                write!(f, "{failed}, for {} reasons:", problems.len())?;
                for (number, problem) in problems.iter().enumerate() {
                    write!(f, "\n\n{:3}. {}", number + 1, problem.to_string().replace('\n', "\n     "))?;
                }
                Ok(())
            }
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// `source` is `None`: the text of each problem includes its cause.
impl std::error::Error for Error {}

/// The known name that `name` probably misspells: at most a third of it differs.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    routekit_grammar::suggest::nearest(name, known)
}

/// The reason that lists all mistakes of one setting. `None` if there are none.
pub(crate) fn all_mistakes(mistakes: &[String]) -> Option<String> {
    match mistakes {
        [] => None,
        [mistake] => Some(mistake.clone()),
        all => Some(format!("{} mistakes\n  {}", all.len(), all.join("\n  "))),
    }
}

/// `; did you mean …?`, or nothing.
pub(crate) fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |nearest| format!("; did you mean `{nearest}`?"))
}
