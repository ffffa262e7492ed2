//! The binary that people run.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

/// The given binary, or the one of this build, built now where it is behind.
pub fn find(wanted: Option<&Path>) -> anyhow::Result<PathBuf> {
    if let Some(wanted) = wanted {
        return wanted.canonicalize().with_context(|| format!("there is no {}", wanted.display()));
    }
    let ours = std::env::current_exe().context("this program does not know where it is")?;
    // Cargo names itself to what it runs; without it the binary beside us must do.
    if let Some(cargo) = std::env::var_os("CARGO") {
        let mut build = Command::new(cargo);
        build.args(["build", "--quiet", "--package", "mychatflow", "--bin", "mychatflow"]);
        if !cfg!(debug_assertions) {
            build.arg("--release");
        }
        if !build.status().context("cargo does not start")?.success() {
            bail!("mychatflow could not be built; cargo says why above");
        }
    }
    let found = ours.with_file_name("mychatflow");
    if !found.is_file() {
        bail!("there is no {}: cargo build --release", found.display());
    }
    Ok(found)
}
