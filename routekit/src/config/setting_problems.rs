//! Problems of the configuration.

use crate::base::{
    setting::Origin,
    setup_problem::{self, SetupProblem},
};

/// The prefix of all variables.
pub(crate) const PREFIX: &str = "ROUTEKIT_";

/// The place of a setting, for messages: `ROUTEKIT_ADDR`, or `addr` in the file.
pub(crate) fn place(name: &str, origin: &Origin) -> String {
    match origin {
        Origin::Variable(variable) => variable.clone(),
        Origin::File(file) => format!("`{name}` in {file}"),
        Origin::Default | Origin::DefaultOf(_) | Origin::Attribute | Origin::Group(_) | Origin::Code => {
            format!("`{name}` ({origin})")
        }
    }
}

/// The code of a file that cannot be read.
pub(super) const INVALID_FILE: &str = "invalid-file";

/// A file or an environment that cannot be read.
pub(crate) fn invalid_file(file: &str, reason: &str) -> SetupProblem {
    SetupProblem::new(INVALID_FILE, format!("{file} cannot be read: {reason}")).at(file)
}

/// The problem that `name` is not one of the `known` settings; `full` is its place in the file.
pub(super) fn unknown_setting(name: &str, full: &str, origin: &Origin, known: &[String]) -> SetupProblem {
    let shown = |known: &str| match origin {
        Origin::Variable(_) => format!("{PREFIX}{}", known.to_uppercase()),
        _ => known.to_owned(),
    };
    let near = setup_problem::nearest(name, known.iter().map(String::as_str)).or_else(|| {
        // `ROUTEKIT_MAX_BYTES` in place of `ROUTEKIT_CACHE_MAX_BYTES`.
        let mut longer = known.iter().filter(|known| known.strip_suffix(name).is_some_and(|rest| rest.ends_with('_')));
        longer.next().map(String::as_str).filter(|_| longer.next().is_none())
    });
    let hint = setup_problem::did_you_mean(near.map(shown).as_deref());
    let known: Vec<String> = known.iter().map(|known| shown(known)).collect();
    let setting = place(full, origin);
    let message = format!("{setting}: there is no such setting{hint}\n  known settings: {}", known.join(", "));
    SetupProblem::new("unknown-setting", message).at(setting)
}

/// The problem that the file has a table or a list where one value belongs. `key` is the last part of the name.
pub(super) fn not_one_value(full: &str, key: &str, shape: &str, origin: &Origin) -> SetupProblem {
    let setting = place(full, origin);
    let message = format!("{setting} is {shape}, and one value belongs there; write `{key} = …`");
    SetupProblem::new("invalid-setting", message).at(setting)
}

/// The problem that a setting is in the wrong table of the file; `right` is where it belongs.
pub(super) fn wrong_table(full: &str, right: &str, origin: &Origin) -> SetupProblem {
    let setting = place(full, origin);
    let message = format!("{setting}: there is no such setting; {right}");
    SetupProblem::new("unknown-setting", message).at(setting)
}
