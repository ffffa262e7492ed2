//! `doctor`: looks for what is wrong, and says what to do.

use anyhow::bail;

use super::Cx;
use crate::cli::DoctorArgs;

/// Where the checks come in.
pub async fn run(_cx: &Cx, args: DoctorArgs) -> anyhow::Result<()> {
    let DoctorArgs { fix: _ } = args;
    bail!("this build has no doctor yet; see mychatflow daemon status and mychatflow config check")
}
