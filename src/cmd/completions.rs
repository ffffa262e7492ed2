//! `completions` and `man`: drawn from the command line itself.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::cli::Cli;
use crate::output;

/// Prints a shell's completions.
pub fn run(shell: Shell) -> anyhow::Result<()> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "mychatflow", &mut text);
    output::raw(&text)
}

/// Prints the manual page, with every command in it.
pub fn man() -> anyhow::Result<()> {
    let mut page = Vec::new();
    let command = Cli::command();
    clap_mangen::Man::new(command.clone()).render(&mut page)?;
    for noun in command.get_subcommands() {
        section(&mut page, "mychatflow", noun)?;
    }
    output::raw(&page)
}

fn section(page: &mut Vec<u8>, path: &str, command: &clap::Command) -> anyhow::Result<()> {
    let path = format!("{path} {}", command.get_name());
    page.extend(format!(".SH \"{}\"\n", path.to_uppercase()).into_bytes());
    let named = command.clone().bin_name(path.clone()).disable_help_subcommand(true);
    let man = clap_mangen::Man::new(named);
    man.render_synopsis_section(page)?;
    man.render_description_section(page)?;
    for verb in command.get_subcommands() {
        section(page, &path, verb)?;
    }
    Ok(())
}
