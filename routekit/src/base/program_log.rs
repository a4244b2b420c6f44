//! Log events in the name of the program, for filters that name the program and nothing else.
//!
//! axum's examples filter with `shop=debug,tower_http=debug`. That hides every event of a library that it does not
//! name, the causes of 500s included. So events that must not be lost get the target `shop` if the filter
//!
//! 1. shows no errors of `routekit`,
//! 2. shows no errors of a crate that it does not name (so it does not hide `routekit` on purpose), and
//! 3. shows errors of the program.
//!
//! The target of an event belongs to its call site, which is static. These call sites are created when they are first
//! used, and leaked: one for each crate with routes, level and set of fields.

use std::{
    collections::BTreeMap,
    sync::{
        OnceLock,
        atomic::{AtomicU8, Ordering},
    },
};

use parking_lot::Mutex;
use tracing::{
    Event, Level, Metadata, Value,
    callsite::{self, Callsite, Identifier},
    dispatcher,
    field::{self, Field, FieldSet},
    metadata::Kind,
    subscriber::Interest,
};

const OURS: &str = "routekit";
/// The target of a crate that no filter names.
const UNNAMED: &str = "a_crate_that_no_filter_names";
const MESSAGE: &[&str] = &["message"];

/// The crates of the program. Logs belong to the process, and so do these.
static NAMES: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());

/// A target that the log shows in place of `routekit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ProgramTarget(&'static str);

/// Adds names of crates of the program. The first that the log shows is used.
pub(crate) fn add_names<'a>(names: impl IntoIterator<Item = &'a str>) {
    let mut known = NAMES.lock();
    for name in names {
        if !name.is_empty() && !known.contains(&name) {
            known.push(String::leak(name.to_owned()));
        }
    }
}

/// The target for events that must not be lost, if the filter of the log hides those of `routekit`.
pub(crate) fn target() -> Option<ProgramTarget> {
    if !hides_routekit() {
        return None;
    }
    let names = NAMES.lock().clone();
    names.into_iter().map(ProgramTarget).find(|target| target.shows(Level::ERROR))
}

/// Whether the log shows neither the errors of `routekit` nor those of crates that its filter does not name.
pub(crate) fn hides_routekit() -> bool {
    [OURS, UNNAMED].into_iter().all(|name| !ProgramTarget(name).shows(Level::ERROR))
}

/// Whether there is a `tracing` subscriber or a logger of the crate `log`.
pub(crate) fn has_listener() -> bool {
    dispatcher::has_been_set() || log::max_level() != log::LevelFilter::Off
}

impl ProgramTarget {
    /// Whether the log shows events of this target and level.
    fn shows(self, level: Level) -> bool {
        if !dispatcher::has_been_set() {
            return log::log_enabled!(target: self.0, log_level(level));
        }
        let callsite = ProgramCallsite::of(self.0, level, MESSAGE);
        match callsite.interest.load(Ordering::Relaxed) {
            NEVER => false,
            ALWAYS => true,
            _ => dispatcher::get_default(|dispatch| dispatch.enabled(callsite.metadata())),
        }
    }

    /// Logs an event with these fields.
    pub(crate) fn log<const N: usize>(
        self,
        level: Level,
        names: &'static [&'static str; N],
        values: [Option<&dyn Value>; N],
    ) {
        let metadata = ProgramCallsite::of(self.0, level, names).metadata();
        let fields = metadata.fields();
        let Some(fields_by_index) = by_index::<N>(fields) else { return };
        let values: [(&Field, Option<&dyn Value>); N] =
            std::array::from_fn(|index| (&fields_by_index[index], values[index]));
        let values = fields.value_set(&values);
        if dispatcher::has_been_set() {
            dispatcher::get_default(|dispatch| {
                if dispatch.enabled(metadata) {
                    dispatch.event(&Event::new(metadata, &values));
                }
            });
        } else {
            let mut text = LogText::default();
            values.record(&mut text);
            log::log!(target: self.0, log_level(level), "{}", text.0);
        }
    }

    /// Logs a message.
    pub(crate) fn say(self, level: Level, message: &str) {
        self.log(level, &["message"], [Some(&message)]);
    }
}

fn by_index<const N: usize>(fields: &FieldSet) -> Option<[Field; N]> {
    fields.iter().collect::<Vec<_>>().try_into().ok()
}

fn log_level(level: Level) -> log::Level {
    match level {
        Level::ERROR => log::Level::Error,
        Level::WARN => log::Level::Warn,
        Level::INFO => log::Level::Info,
        Level::DEBUG => log::Level::Debug,
        Level::TRACE => log::Level::Trace,
    }
}

/// The fields of an event as one text, for the crate `log`.
#[derive(Default)]
struct LogText(String);

impl field::Visit for LogText {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        use std::fmt::Write as _;

        let space = if self.0.is_empty() { "" } else { " " };
        // Writing to a `String` cannot fail.
        let _ = match field.name() {
            "message" => write!(self.0, "{space}{value:?}"),
            name => write!(self.0, "{space}{name}={value:?}"),
        };
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => self.record_debug(field, &format_args!("{value}")),
            _ => self.record_debug(field, &value),
        }
    }
}

/// A call site whose target is known at run time.
struct ProgramCallsite {
    metadata: OnceLock<Metadata<'static>>,
    /// The interest of the subscribers. A filter of a single layer states it here, and not when it is asked.
    interest: AtomicU8,
}

const NEVER: u8 = 0;
const SOMETIMES: u8 = 1;
const ALWAYS: u8 = 2;

/// Call sites by target, level and fields.
type CallsitesByKey = BTreeMap<(&'static str, Level, &'static [&'static str]), &'static ProgramCallsite>;

impl ProgramCallsite {
    /// The call site with this target, level and fields.
    fn of(target: &'static str, level: Level, names: &'static [&'static str]) -> &'static Self {
        static ALL: Mutex<CallsitesByKey> = Mutex::new(BTreeMap::new());
        if let Some(known) = ALL.lock().get(&(target, level, names)) {
            return known;
        }
        let new: &'static Self =
            Box::leak(Box::new(Self { metadata: OnceLock::new(), interest: AtomicU8::new(SOMETIMES) }));
        let fields = FieldSet::new(names, Identifier(new));
        let metadata = Metadata::new("event", target, level, None, None, Some(target), fields, Kind::EVENT);
        new.metadata.get_or_init(|| metadata);
        // Not under the lock: subscribers see the new call site, and may log.
        callsite::register(new);
        ALL.lock().entry((target, level, names)).or_insert(new)
    }
}

impl Callsite for ProgramCallsite {
    fn set_interest(&self, interest: Interest) {
        let interest = match () {
            () if interest.is_never() => NEVER,
            () if interest.is_always() => ALWAYS,
            () => SOMETIMES,
        };
        self.interest.store(interest, Ordering::Relaxed);
    }

    fn metadata(&self) -> &Metadata<'_> {
        self.metadata.get().expect("it is set before the call site is shared")
    }
}
