//! The last command to each breaker, as far as this process knows.

use std::collections::BTreeMap;

use crate::{
    breaker::machine::Mode,
    shared_commands::{RecordedCommand, SharedCommand},
};

/// All modes that a command may have.
const MODES: [Mode; 5] = [Mode::Automatic, Mode::ForcedOpen, Mode::ForcedClosed, Mode::Disabled, Mode::MetricsOnly];

/// The last command to each breaker, by its name. A reset is a command as well, and stays: a server without a command
/// has lost it.
#[derive(Debug, Default)]
pub(super) struct KnownCommands {
    by_breaker: BTreeMap<String, KnownCommand>,
    /// Whether the server has answered before.
    has_read: bool,
}

#[derive(Debug)]
struct KnownCommand {
    number: u64,
    mode: String,
    /// Whether the server lacks it.
    is_missing: bool,
}

impl KnownCommands {
    /// Adds a command by this process at this time, which the server lacks.
    pub(super) fn add(&mut self, breaker: &str, mode: Mode, now: u64) {
        let last = self.by_breaker.get(breaker).map_or(0, |known| known.number);
        let known = KnownCommand { number: now.max(last + 1), mode: mode.as_str().to_owned(), is_missing: true };
        self.by_breaker.insert(breaker.to_owned(), known);
    }

    /// The commands that the server lacks. The one to `new` was added just now.
    pub(super) fn missing(&self, new: Option<&str>) -> Vec<SharedCommand> {
        let missing = self.by_breaker.iter().filter(|(_, known)| known.is_missing);
        let command = |(breaker, known): (&String, &KnownCommand)| SharedCommand {
            breaker: breaker.clone(),
            number: (new != Some(breaker)).then_some(known.number),
            mode: known.mode.clone(),
        };
        missing.map(command).collect()
    }

    /// Compares the answer of the server, which was given the command to `new`. Returns what this process must apply.
    pub(super) fn read(
        &mut self,
        recorded: &BTreeMap<String, RecordedCommand>,
        new: Option<&str>,
    ) -> Vec<(String, Mode)> {
        let is_first = !std::mem::replace(&mut self.has_read, true);
        for (breaker, known) in &mut self.by_breaker {
            let number = recorded.get(breaker).map_or(0, |recorded| recorded.number);
            if new == Some(breaker) && number > 0 {
                known.number = number;
            }
            known.is_missing = number < known.number;
        }
        let mut changes = Vec::new();
        for (breaker, RecordedCommand { number, mode }) in recorded {
            let before = self.by_breaker.get(breaker);
            if before.is_some_and(|known| known.number >= *number) {
                continue;
            }
            let change = MODES.into_iter().find(|known| known.as_str() == mode);
            // A process that has just started has nothing to reset.
            let has_effect = !is_first || before.is_some() || change != Some(Mode::Automatic);
            changes.extend(change.filter(|_| has_effect).map(|mode| (breaker.clone(), mode)));
            let known = KnownCommand { number: *number, mode: mode.clone(), is_missing: false };
            self.by_breaker.insert(breaker.clone(), known);
        }
        changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(commands: &[(&str, u64, &str)]) -> BTreeMap<String, RecordedCommand> {
        let one = |(breaker, number, mode): &(&str, u64, &str)| {
            ((*breaker).to_owned(), RecordedCommand { number: *number, mode: (*mode).to_owned() })
        };
        commands.iter().map(one).collect()
    }

    fn read(known: &mut KnownCommands, commands: &[(&str, u64, &str)]) -> Vec<(String, Mode)> {
        known.read(&recorded(commands), None)
    }

    fn change(breaker: &str, mode: Mode) -> (String, Mode) {
        (breaker.to_owned(), mode)
    }

    fn numbers(known: &KnownCommands) -> Vec<(String, Option<u64>)> {
        known.missing(None).into_iter().map(|command| (command.breaker, command.number)).collect()
    }

    #[test]
    fn each_command_is_applied_once() {
        let mut known = KnownCommands::default();
        let first = [("bank", 5, "forced_open"), ("mail", 6, "automatic")];
        assert_eq!(read(&mut known, &first), [change("bank", Mode::ForcedOpen)], "nothing to reset at the start");
        assert_eq!(read(&mut known, &first), []);
        let second = [("bank", 7, "automatic"), ("mail", 8, "automatic"), ("new", 9, "automatic")];
        let resets = ["bank", "mail", "new"].map(|breaker| change(breaker, Mode::Automatic));
        assert_eq!(read(&mut known, &second), resets);
        assert_eq!(known.missing(None), []);
    }

    #[test]
    fn command_of_this_process_is_sent_until_the_server_has_it() {
        let mut known = KnownCommands::default();
        known.add("bank", Mode::ForcedOpen, 100);
        let new = SharedCommand { breaker: "bank".to_owned(), number: None, mode: "forced_open".to_owned() };
        assert_eq!(known.missing(Some("bank")), [new]);
        assert_eq!(numbers(&known), [("bank".to_owned(), Some(100))], "later, it has its own time");
        assert_eq!(read(&mut known, &[]), []);
        assert_eq!(numbers(&known).len(), 1);
        assert_eq!(read(&mut known, &[("bank", 100, "forced_open")]), []);
        assert_eq!(numbers(&known), []);
    }

    /// The number of the server counts, whichever of both clocks is ahead.
    #[test]
    fn command_that_the_server_took_is_neither_sent_nor_applied_again() {
        for number in [90, 110] {
            let mut known = KnownCommands::default();
            known.add("bank", Mode::ForcedOpen, 100);
            let answer = recorded(&[("bank", number, "forced_open")]);
            assert_eq!(known.read(&answer, Some("bank")), []);
            assert_eq!((known.read(&answer, None), numbers(&known)), (vec![], vec![]), "{number}");
        }
    }

    #[test]
    fn later_command_of_another_process_replaces_one_that_waits() {
        let mut known = KnownCommands::default();
        known.add("bank", Mode::ForcedOpen, 100);
        let reset = read(&mut known, &[("bank", 101, "automatic")]);
        assert_eq!(reset, [change("bank", Mode::Automatic)], "it is reset, also by the first answer");
        assert_eq!(numbers(&known), []);
    }

    #[test]
    fn server_that_lost_commands_or_has_old_ones_gets_them_again() {
        let mut known = KnownCommands::default();
        read(&mut known, &[("bank", 5, "forced_open"), ("mail", 6, "disabled")]);
        assert_eq!(read(&mut known, &[("mail", 4, "automatic")]), [], "nothing is lifted");
        assert_eq!(numbers(&known), [("bank".to_owned(), Some(5)), ("mail".to_owned(), Some(6))]);
    }

    #[test]
    fn mode_of_a_later_version_is_kept_and_not_applied() {
        let mut known = KnownCommands::default();
        assert_eq!(read(&mut known, &[("bank", 5, "half")]), []);
        read(&mut known, &[]);
        assert_eq!(known.missing(None)[0].mode, "half");
    }

    #[test]
    fn two_commands_at_one_time_have_an_order() {
        let mut known = KnownCommands::default();
        known.add("bank", Mode::ForcedOpen, 100);
        known.add("bank", Mode::Automatic, 100);
        assert_eq!((numbers(&known)[0].1, &*known.missing(None)[0].mode), (Some(101), "automatic"));
    }
}
