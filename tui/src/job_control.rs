//! Stopping and going on, as a shell's jobs do.

use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::{Pid, getpgid, getpgrp, getpid, getppid, getsid};

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

/// What the system says of us and of the process that started us. A session, a group or a parent outside of our own
/// container has the number 0; what the system does not tell at all is missing.
#[derive(Debug, Clone, Copy)]
struct ProcessFamily {
    process: Pid,
    group: Pid,
    session: Option<Pid>,
    parent_group: Option<Pid>,
    parent_session: Option<Pid>,
}

impl ProcessFamily {
    fn read() -> Self {
        let parent = getppid();
        // Asked about 0, the system would answer about ourselves.
        let of_parent =
            |ask: fn(Option<Pid>) -> nix::Result<Pid>| (parent.as_raw() > 0).then(|| ask(Some(parent)).ok()).flatten();
        Self {
            process: getpid(),
            group: getpgrp(),
            session: getsid(None).ok(),
            parent_group: of_parent(getpgid),
            parent_session: of_parent(getsid),
        }
    }

    fn job_shell(self) -> JobShell {
        let Self { process, group, session, parent_group, parent_session } = self;
        match (session, parent_session) {
            // A script that leads its session may have us in its group: nobody stands behind it.
            (Some(ours), Some(theirs)) if ours == theirs && ours != process => match parent_group {
                Some(parent_group) if parent_group == group => JobShell::Further,
                _ => JobShell::Parent,
            },
            _ => JobShell::Nobody,
        }
    }
}

/// Is there a shell that would get the terminal, and could let us go on?
#[must_use]
pub fn has_shell() -> bool {
    ProcessFamily::read().job_shell() != JobShell::Nobody
}

/// Stops this process and everything that belongs to the same job. Returns when it goes on.
pub fn stop() {
    let family = ProcessFamily::read();
    let signal = match family.job_shell() {
        JobShell::Parent => Signal::SIGSTOP,
        // The system ignores this one where nobody could let us go on.
        JobShell::Further => Signal::SIGTTOU,
        JobShell::Nobody => return,
    };
    // A group that can't be stopped goes on.
    let _ = killpg(family.group, signal);
    thread::sleep(SETTLE);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A family by the numbers the system gives; `None` for what it does not tell.
    fn job_shell(
        process: i32,
        group: i32,
        session: i32,
        parent_group: Option<i32>,
        parent_session: Option<i32>,
    ) -> JobShell {
        ProcessFamily {
            process: Pid::from_raw(process),
            group: Pid::from_raw(group),
            session: Some(Pid::from_raw(session)),
            parent_group: parent_group.map(Pid::from_raw),
            parent_session: parent_session.map(Pid::from_raw),
        }
        .job_shell()
    }

    #[test]
    fn a_shell_is_who_started_us_in_another_group_of_the_same_session() {
        assert_eq!(job_shell(20, 20, 10, Some(10), Some(10)), JobShell::Parent);
    }

    #[test]
    fn a_script_of_our_own_group_may_have_a_shell_behind_it() {
        assert_eq!(job_shell(21, 20, 10, Some(20), Some(10)), JobShell::Further);
    }

    #[test]
    fn whoever_leads_the_session_has_no_shell() {
        assert_eq!(job_shell(20, 20, 20, Some(10), Some(10)), JobShell::Nobody);
        assert_eq!(job_shell(20, 20, 20, None, None), JobShell::Nobody);
    }

    /// As `docker exec` and a new namespace of processes start somebody: the parent's session is not one of ours.
    #[test]
    fn a_session_outside_of_the_container_is_a_number_like_any_other() {
        assert_eq!(job_shell(20, 20, 20, Some(0), Some(0)), JobShell::Nobody);
        assert_eq!(job_shell(20, 20, 0, Some(0), Some(0)), JobShell::Parent);
        assert_eq!(job_shell(20, 0, 0, Some(0), Some(0)), JobShell::Further);
    }
}
