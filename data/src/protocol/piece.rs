//! Files that come to the daemon in pieces, because a line of the socket has an end.

use super::flag::flag;

flag! {
    /// Is something done, or only told?
    Rehearsal {
        /// Done.
        Real,
        /// Only told.
        DryRun
    }
}

flag! {
    /// Does more of a file follow?
    Rest {
        /// This was all of it.
        Nothing,
        /// The next piece continues where this one ends.
        Follows
    }
}
