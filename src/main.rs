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
    let outcome = runtime.block_on(cmd::run(cli));
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
