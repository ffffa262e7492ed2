//! The front door: parse, build the runtime, run one command, print the error chain, choose the exit code.

mod cli;
mod cmd;
mod config;
mod demo;
mod output;
mod paths;

use std::process::ExitCode;

use clap::Parser;
use mychatflow_data::client::ClientError;
use mychatflow_data::protocol::error::Code;
use mychatflow_data::protocol::hello::METHOD as HELLO;
use rustix::process::Signal;
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::Cli;
use crate::output::NobodyReads;

const FAILED: u8 = 1;
const TYPED_WRONG: u8 = 2;
const NO_CONNECTION: u8 = 3;
const NOT_ALLOWED: u8 = 4;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            output::note(&format!("mychatflow: could not start: {error}"));
            return ExitCode::from(FAILED);
        }
    };
    let outcome = runtime.block_on(async {
        take_file_limit_as_error();
        cmd::run(cli).await
    });
    // A thread may still wait for a key on stdin; nobody waits for it.
    runtime.shutdown_background();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<NobodyReads>() => ExitCode::SUCCESS,
        Err(error) => {
            // The chain is joined once, here.
            output::note(&format!("mychatflow: {}", output::without_codes(&format!("{error:#}"))));
            ExitCode::from(exit_code(&error))
        }
    }
}

/// A write past the limit of `ulimit -f` ends the process without a word, unless somebody handles the signal. Then the
/// write is an error like one of a full disk, and is told like one.
fn take_file_limit_as_error() {
    let listened = signal(SignalKind::from_raw(Signal::XFSZ.as_raw()));
    if let Err(error) = listened {
        output::note(&format!("mychatflow: a write past `ulimit -f` will end it: {error}"));
    }
}

fn exit_code(error: &anyhow::Error) -> u8 {
    if error.chain().any(|cause| cause.is::<cmd::NoConnection>()) {
        return NO_CONNECTION;
    }
    if error.is::<cmd::NothingToChange>() {
        return TYPED_WRONG;
    }
    match error.chain().find_map(|cause| cause.downcast_ref::<ClientError>()) {
        Some(ClientError::NotConnected { .. } | ClientError::Io(_)) => NO_CONNECTION,
        // A daemon that does not finish the handshake is none.
        Some(ClientError::TimedOut { method: HELLO, .. }) => NO_CONNECTION,
        Some(ClientError::Refused(refusal)) if matches!(refusal.code, Code::Forbidden | Code::Unauthenticated) => {
            NOT_ALLOWED
        }
        _ => FAILED,
    }
}
