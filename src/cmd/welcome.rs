//! The first run: no config and no daemon. Says what there is to do, and does it for whoever sits at a terminal.

use std::fmt::Write;

use super::dialogue::{ask, somebody_is_there};
use super::wire::NoConnection;
use super::{Cx, demo, setup};
use crate::cli::DemoArgs;
use crate::cli::setup::SetupArgs;
use crate::output::note;
use crate::paths;

const WHAT_IT_IS: &str = "MyChatFlow answers a shop's WhatsApp from its own facts.\n";

/// Offers what there is to do.
pub async fn run(cx: &Cx) -> anyhow::Result<()> {
    if !somebody_is_there() {
        note(&told());
        return Err(NoConnection::here("there is no config and no daemon").into());
    }
    note(&format!(
        "{WHAT_IT_IS}\n  1  Look around with a made-up shop (demo)\n  2  Set it up here, with a WAHA of your own\n  \
         3  Where I looked for a config\n  q  Leave\n"
    ));
    loop {
        let Some(choice) = ask("Your choice [1]: ")? else { return Ok(()) };
        match choice.to_lowercase().as_str() {
            "" | "1" | "demo" => {
                return demo::run(cx, DemoArgs { headless: false, span: None, seed: None, data_dir: None }).await;
            }
            "2" | "setup" => return Box::pin(setup::run(cx, SetupArgs::default())).await,
            "3" => note(&places()),
            "q" | "quit" | "exit" | "4" => return Ok(()),
            _ => note("1, 2, 3 or q"),
        }
    }
}

/// The same for programs, and for people elsewhere.
fn told() -> String {
    format!(
        "{WHAT_IT_IS}\n\
         Look around first, with made-up customers and without any account:\n\n  mychatflow demo\n\n\
         Set it up: mychatflow setup asks for what is needed. Or write a config (config.example.toml explains every\n\
         key), then start the daemon:\n\n  mychatflow config check\n  mychatflow daemon\n\n{}",
        places()
    )
}

fn places() -> String {
    let mut text = String::from("Looked for a config here:\n");
    for place in paths::config_places() {
        // Writing to a String can't fail.
        let _ = writeln!(text, "  {}", place.display());
    }
    text
}
