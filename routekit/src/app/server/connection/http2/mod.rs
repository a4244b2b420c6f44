//! What HTTP/2 adds: several exchanges at once, each with a task and a window of its own.

mod pieces;
mod streams;
#[cfg(test)]
mod tests;

pub(super) use self::{
    pieces::Pieces,
    streams::{OpenStream, StreamExecutor},
};
