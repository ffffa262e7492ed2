//! `demo`: a shop with customers, WAHA and Gemini, all made up. On a terminal in the console, else told line by line.

use std::future::pending;
use std::io::IsTerminal;

use anyhow::bail;
use mychatflow_tui::state::Guide;
use tokio::sync::mpsc;

use super::Cx;
use super::console::{self, Extras};
use crate::cli;
use crate::demo::{self, DemoArgs, Sitting};
use crate::output::Format;

/// Plays it.
pub async fn run(cx: &Cx, args: cli::DemoArgs) -> anyhow::Result<()> {
    let cli::DemoArgs { headless, span, seed, data_dir } = args;
    let args = DemoArgs { length: span.map(|span| span.0), seed, data_dir };
    let watched = std::io::stdin().is_terminal() && std::io::stdout().is_terminal() && !console::is_dumb(&cx.env);
    if headless || !watched || cx.output.format() == Format::Json {
        return demo::run(cx.output, args).await;
    }
    watch(cx, args).await
}

/// Opens the console on it, and says in the end what it came to.
async fn watch(cx: &Cx, args: DemoArgs) -> anyhow::Result<()> {
    let length = args.length;
    let sitting = Sitting::begin(args).await?;
    let (phone, wishes) = mpsc::unbounded_channel();
    let extras = Extras {
        guide: Guide::Begin,
        phone: Some(phone),
        forget: true,
        socket: Some(sitting.socket()),
        ..Extras::default()
    };
    let mut broke = None;
    let play = async {
        // The console shows by itself that the daemon is gone; why the customers fell silent is told in the end.
        broke = sitting.play(wishes).await.err();
        pending::<()>().await;
    };
    let time = async {
        match length {
            Some(length) => tokio::time::sleep(length).await,
            None => pending().await,
        }
    };
    let shown = tokio::select! {
        shown = console::open(cx, console::local(sitting.socket()), extras) => shown,
        () = time => Ok(()),
        () = play => Ok(()),
    };
    let kept = sitting.kept();
    let verdict = sitting.end().await;
    shown?;
    if let Some(error) = broke {
        return Err(error.context("the customers fell silent"));
    }
    let verdict = verdict?;
    demo::sum_up(cx.output, &verdict)?;
    if let Some(dir) = kept {
        cx.output.text(&format!("The store stays in {}.", dir.display()))?;
    }
    if verdict.summary.lost > 0 || verdict.summary.doubled > 0 {
        bail!("the demo went otherwise than it should:\n- {}", verdict.differences.join("\n- "));
    }
    Ok(())
}
