//! A server under load: a process on a processor of its own.

use std::{
    fs,
    net::{SocketAddr, TcpStream},
    process::Command,
    thread,
    time::Duration,
};

use crate::programs::{Process, output_of};

/// A running program.
pub(crate) struct Server {
    pub(crate) addr: SocketAddr,
    process: Process,
}

impl Server {
    /// Starts a program on the first processor, and waits until it listens at the address.
    pub(crate) fn start(program: &Command, addr: SocketAddr) -> Self {
        let mut pinned = Command::new("taskset");
        pinned.args(["-c", "0"]).arg(program.get_program()).args(program.get_args());
        pinned.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let mut process = Process::new(pinned.spawn().expect("taskset, of util-linux"));
        for _ in 0..500 {
            if TcpStream::connect(addr).is_ok() {
                return Self { addr, process };
            }
            assert!(!process.has_ended(), "{:?} has ended", program.get_program());
            thread::sleep(Duration::from_millis(20));
        }
        panic!("{:?} does not listen at {addr}", program.get_program());
    }

    /// What it has used of its processor, in user space and in the kernel.
    pub(crate) fn cpu_time(&self) -> Duration {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process.id())).unwrap();
        // The name of the program, in parentheses, may contain spaces.
        let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        let ticks: u64 = [fields[11], fields[12]].iter().map(|field| field.parse::<u64>().unwrap()).sum();
        // Linux counts a hundred of them per second.
        Duration::from_millis(ticks * 10)
    }
}

/// Moves this process to the second processor, before it starts a thread.
pub(crate) fn leave_first_processor() {
    output_of(Command::new("taskset").args(["-cp", "1", &std::process::id().to_string()]));
}

pub(crate) fn median(figures: &mut [f64]) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
