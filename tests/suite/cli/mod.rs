//! The command line of a program, run as a process.

mod commands;
mod diff;
mod doctor;

use std::{
    path::PathBuf,
    process::{Command, Output},
    sync::LazyLock,
};

use crate::process::build;

/// What a process printed, and its exit status.
struct Ran {
    status: Option<i32>,
    stdout: String,
    stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let [stdout, stderr] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        Self { status: output.status.code(), stdout, stderr }
    }
}

/// The example `shop`, which has a command line.
fn shop(arguments: &[&str]) -> Command {
    static SHOP: LazyLock<PathBuf> = LazyLock::new(|| build("shop", "shop"));
    let mut command = Command::new(&*SHOP);
    command.args(arguments);
    command
}

fn run(arguments: &[&str]) -> Ran {
    shop(arguments).output().unwrap().into()
}
