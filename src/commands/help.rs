//! How the help of every command looks.

use clap::{Arg, ArgAction, Command, CommandFactory};

use super::Cli;

/// What all commands have, behind their own flags.
pub const GENERAL: &str = "General";

/// The examples come before the list of flags, which is long.
const TEMPLATE: &str = "\
{about-with-newline}
{usage-heading} {usage}

{before-help}{all-args}{after-help}";

/// The command line's grammar.
pub fn command() -> Command {
    shaped(Cli::command()).mut_subcommands(shaped)
}

fn shaped(command: Command) -> Command {
    // clap's own flags would come before the others.
    let help = Arg::new("help")
        .short('h')
        .long("help")
        .action(ArgAction::Help)
        .help("Print help; -h is short, --help has examples");
    let version = Arg::new("version")
        .short('V')
        .long("version")
        .action(ArgAction::Version)
        .help("Print the version");
    command
        .help_template(TEMPLATE)
        .disable_help_flag(true)
        .disable_version_flag(true)
        .args([help, version].map(|arg| arg.help_heading(GENERAL).display_order(1000)))
}
