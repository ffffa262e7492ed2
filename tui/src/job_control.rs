//! Stopping and going on, as a shell's jobs do.

use std::thread;
use std::time::Duration;

use rustix::process::{Signal, getpgid, getpgrp, getpid, getppid, getsid, kill_process_group};

/// How long the system may take to stop every thread of ours. Whoever is stopped sleeps through it.
const SETTLE: Duration = Duration::from_millis(50);

/// Who could let us go on once we are stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum JobShell {
    /// The shell that started us.
    Parent,
    /// Whoever started what started us, perhaps: the system knows.
    Further,
    /// Nobody: the terminal itself started us.
    Nobody,
}

fn job_shell() -> JobShell {
    let same_session =
        |parent| matches!((getsid(Some(parent)), getsid(None)), (Ok(theirs), Ok(ours)) if theirs == ours);
    match getppid() {
        Some(parent) if same_session(parent) => match getpgid(Some(parent)) {
            Ok(group) if group == getpgrp() => JobShell::Further,
            _ => JobShell::Parent,
        },
        // A script that leads its session may have us in its group: nobody stands behind it.
        _ => JobShell::Nobody,
    }
}

/// Is there a shell that would get the terminal, and could let us go on?
#[must_use]
pub fn has_shell() -> bool {
    job_shell() != JobShell::Nobody && getsid(None).is_ok_and(|leader| leader != getpid())
}

/// Stops this process and everything that belongs to the same job. Returns when it goes on.
pub fn stop() {
    let signal = match job_shell() {
        JobShell::Parent => Signal::STOP,
        // The system ignores this one where nobody could let us go on.
        JobShell::Further => Signal::TTOU,
        JobShell::Nobody => return,
    };
    // A group that can't be stopped goes on.
    let _ = kill_process_group(getpgrp(), signal);
    thread::sleep(SETTLE);
}
