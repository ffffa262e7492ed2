//! The client against a daemon that exists only as the other end of a pipe.
