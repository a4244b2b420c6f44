//! Settings of the program itself, read as a type of the program.

// 1. `node` is a tree of values, each with its place. `sources` builds it from files and variables.
// 2. `reader` is a `serde` deserialiser of that tree, with `enumeration` for enums and `error` for its errors.
// 3. `read` runs it until all problems are known. `substitute` stands in for values that cannot be read.

mod enumeration;
mod error;
mod node;
mod read;
mod reader;
mod sources;
mod substitute;

pub(super) use self::sources::{APP, AppSettings, DEFAULT_PREFIX};
