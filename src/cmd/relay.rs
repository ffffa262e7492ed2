//! `relay`: stdin and stdout joined to the daemon's socket. `--host` runs this on the other machine.

use anyhow::Context;
use tokio::io::{AsyncWriteExt, copy, split};

use super::Cx;
use super::wire::open_here;

/// Passes bytes on until the daemon closes. When stdin ends, the answers to what was asked still come.
pub async fn run(cx: &Cx) -> anyhow::Result<()> {
    let stream = open_here(cx).await?.stream;
    let (mut from_daemon, mut to_daemon) = split(stream);
    tokio::spawn(async move {
        // When the daemon has gone, the other direction ends and with it the command.
        let _ = copy(&mut tokio::io::stdin(), &mut to_daemon).await;
        let _ = to_daemon.shutdown().await;
    });
    let mut stdout = tokio::io::stdout();
    copy(&mut from_daemon, &mut stdout).await.context("could not pass the daemon's answers on")?;
    stdout.flush().await.context("could not pass the daemon's answers on")?;
    Ok(())
}
