//! Parses the directives in a line of `Cache-Control` or `Pragma` (RFC 9111 §5.2) without copying.

use std::time::Duration;

/// The largest number of seconds. A larger one is reduced to it (RFC 9111 §1.2.2).
pub(super) const LONGEST: Duration = Duration::from_secs(1 << 31);

/// The argument of a directive, after its `=`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DirectiveArgument<'a> {
    Token(&'a [u8]),
    /// Without the enclosing quotes, with the escapes.
    Quoted(&'a [u8]),
}

/// Calls `each` with the name and the argument of each directive. Returns whether all quotes are well-formed; malformed
/// quotes may hide any directive.
pub(super) fn read<'a>(line: &'a [u8], mut each: impl FnMut(&'a [u8], Option<DirectiveArgument<'a>>)) -> bool {
    let mut sound = true;
    for element in elements(line) {
        let (name, argument) = match element.iter().position(|byte| *byte == b'=') {
            Some(equals) => (&element[..equals], Some(DirectiveArgument::of(element[equals + 1..].trim_ascii()))),
            None => (element, None),
        };
        sound &= !name.contains(&b'"');
        sound &= !matches!(argument, Some(DirectiveArgument::Token(argument)) if argument.contains(&b'"'));
        let name = name.trim_ascii();
        if !name.is_empty() {
            each(name, argument);
        }
    }
    sound
}

impl<'a> DirectiveArgument<'a> {
    fn of(argument: &'a [u8]) -> Self {
        let Some(quoted) = argument.strip_prefix(b"\"") else { return Self::Token(argument) };
        let mut quotes = Quotes { open: true, escaped: false };
        match quoted.iter().position(|byte| !quotes.pass(*byte)) {
            Some(end) if end + 1 == quoted.len() => Self::Quoted(&quoted[..end]),
            _ => Self::Token(argument),
        }
    }

    /// The number of seconds (RFC 9111 §1.2.2), with or without quotes, since recipients should accept both (§5.2).
    /// `None` if the argument is not a number.
    pub(super) fn seconds(self) -> Option<Duration> {
        let (digits, mut escaped) = match self {
            Self::Token(digits) => (digits, None),
            Self::Quoted(digits) => (digits, Some(false)),
        };
        let mut seconds = None;
        for byte in digits {
            match &mut escaped {
                Some(escaped) if *byte == b'\\' && !*escaped => {
                    *escaped = true;
                    continue;
                }
                Some(escaped) => *escaped = false,
                None => {}
            }
            if !byte.is_ascii_digit() {
                return None;
            }
            let longer = seconds.unwrap_or(0) * 10 + u64::from(byte - b'0');
            seconds = Some(longer.min(LONGEST.as_secs()));
        }
        seconds.map(Duration::from_secs)
    }
}

/// Splits at the commas outside of quotes (RFC 9110 §5.6.1, §5.6.4).
pub(super) fn elements(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut quotes = Quotes::default();
    line.split(move |byte| !quotes.pass(*byte) && *byte == b',')
}

/// Follows quoted strings (RFC 9110 §5.6.4), byte by byte.
#[derive(Debug, Default)]
struct Quotes {
    open: bool,
    escaped: bool,
}

impl Quotes {
    /// Whether this byte is within quotes. The quotes themselves are not.
    fn pass(&mut self, byte: u8) -> bool {
        if byte == b'"' && !self.escaped {
            self.open = !self.open;
            return false;
        }
        self.escaped = self.open && byte == b'\\' && !self.escaped;
        self.open
    }
}

/// If a directive is repeated, the shorter duration counts (RFC 9111 §4.2.1).
pub(super) fn shorten(duration: &mut Option<Duration>, other: Duration) {
    *duration = Some(duration.map_or(other, |duration| duration.min(other)));
}
