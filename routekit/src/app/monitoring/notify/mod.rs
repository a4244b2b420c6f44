//! Reports changes of alerts to hooks of the program and to a webhook.
//!
//! Each has a queue and a task of its own, so that a slow one holds up neither the evaluation nor the others.

mod hook;
mod queue;
mod webhook;

pub(in crate::app) use self::hook::AlertHook;
pub(super) use self::{
    queue::{AlertSink, SinkQueue},
    webhook::Webhook,
};
