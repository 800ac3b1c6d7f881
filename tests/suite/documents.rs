//! What is generated and checked in is what the binary generates; the README's table is true.

use crate::environment::{Environment, repository};

fn assert_unchanged(arguments: &[&str], file: &str) {
    let run = Environment::new().run(arguments);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let stored = std::fs::read_to_string(repository(file)).unwrap_or_default();
    assert!(
        stored == run.stdout,
        "{file} is out of date: write it anew with `effnet {} > {file}`",
        arguments.join(" "),
    );
}

#[test]
fn completions_are_up_to_date() {
    for (shell, file) in [
        ("bash", "completions/effnet.bash"),
        ("zsh", "completions/_effnet"),
        ("fish", "completions/effnet.fish"),
        ("powershell", "completions/_effnet.ps1"),
        ("elvish", "completions/effnet.elv"),
    ] {
        assert_unchanged(&["completions", shell], file);
    }
}

#[test]
fn the_manual_page_is_up_to_date() {
    assert_unchanged(&["man"], "assets/effnet.1");
}
