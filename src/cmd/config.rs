//! `config …`: the file, without the daemon.

use std::path::PathBuf;

use mychatflow_daemon::config::ConfigValue;
use serde::Serialize;

use super::Cx;
use crate::cli::ConfigVerb;
use crate::config::{self, Loaded, Problem};
use crate::output::{Format, Table};

/// Runs one verb.
pub fn run(cx: &Cx, verb: ConfigVerb) -> anyhow::Result<()> {
    match verb {
        ConfigVerb::Check => check(cx),
        ConfigVerb::Show => show(cx, &config::load(cx.globals.config.as_deref(), &cx.env)?),
    }
}

/// What a check found.
#[derive(Serialize)]
struct Checked {
    file: Option<String>,
    problems: Vec<Problem>,
    hints: Vec<String>,
}

fn check(cx: &Cx) -> anyhow::Result<()> {
    let shown = |file: Option<&PathBuf>| file.map(|file| file.display().to_string());
    let loaded = match config::load(cx.globals.config.as_deref(), &cx.env) {
        Ok(loaded) => loaded,
        Err(error) => {
            if cx.output.format() == Format::Json {
                let file = shown(error.file.as_ref());
                cx.output.json(&Checked { file, problems: error.problems.clone(), hints: Vec::new() })?;
            }
            return Err(error.into());
        }
    };
    let file = shown(loaded.file.as_ref());
    let checked = Checked { file, problems: Vec::new(), hints: hints(&loaded) };
    cx.output.document(&checked, |checked| {
        let file = checked.file.as_deref().unwrap_or("no file: everything as usual");
        let hints = checked.hints.iter().map(|hint| format!("\n{hint}")).collect::<String>();
        format!("ok: {file}{hints}")
    })
}

/// Right, but probably not what was meant.
fn hints(loaded: &Loaded) -> Vec<String> {
    let mut hints = Vec::new();
    let unset = |key: &str| !loaded.origins.contains_key(key);
    if loaded.config.waha.is_empty() {
        hints.push("there is no [[waha]]: no number can be added".to_owned());
    }
    for waha in &loaded.config.waha {
        if unset(&format!("waha.{}.api_key", waha.name)) {
            hints.push(format!("waha {} has no api_key: right only if the server asks for none", waha.name));
        }
    }
    if unset("gemini.api_key") {
        hints.push("gemini.api_key is not set: nothing will be answered".to_owned());
    }
    hints
}

/// A value in effect.
#[derive(Serialize)]
struct Line {
    key: String,
    value: String,
    source: String,
}

fn show(cx: &Cx, loaded: &Loaded) -> anyhow::Result<()> {
    let lines = loaded.config.lines().into_iter().map(|line| {
        let origin = loaded.origins.get(&line.key);
        let unset = matches!(&line.value, ConfigValue::Secret(_)) && line.value.shown().is_empty();
        let source = match origin {
            Some(origin) => origin.to_string(),
            None if unset => "not set".to_owned(),
            None => "default".to_owned(),
        };
        Line { value: line.value.shown().to_owned(), key: line.key, source }
    });
    match cx.output.format() {
        Format::Json => lines.into_iter().try_for_each(|line| cx.output.json(&line)),
        Format::People => {
            let mut table = Table::new(["KEY", "VALUE", "FROM"], "");
            for Line { key, value, source } in lines {
                table.row([key, value, source]);
            }
            cx.output.table(&table)
        }
    }
}
