//! What is generated and checked in is what the binary generates; README's table is the program's.

use serde_json::Value;

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

#[test]
fn the_readmes_table_of_models_is_the_programs() {
    let readme = std::fs::read_to_string(repository("README.md")).expect("the README");
    let run = Environment::new().run(["models", "--json"]);
    let models: Vec<Value> = serde_json::from_str(&run.stdout).expect("one array");
    let number = |model: &Value, key: &str| model[key].as_f64().expect("a number");
    for variant in ["b0", "b1", "b2", "b3", "b4", "b5", "b6", "b7"] {
        let is_default = |model: &&Value| model["variant"] == variant && model["default"] == true;
        let model = models.iter().find(is_default).expect("its default");
        let row = format!(
            "| {variant} | {:.1} M | {:.2} | {} | {:.2} % | {:.2} % |",
            number(model, "parameters") / 1e6,
            number(model, "gmacs"),
            model["resolution"],
            number(model, "top1"),
            number(model, "top5"),
        );
        assert!(readme.contains(&row), "README.md lacks {row}");
    }
}
