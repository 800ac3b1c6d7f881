//! What a shell offers where the key is pressed, asked of the shells that are installed.

use std::process::{Command, Stdio};

use crate::environment::{Environment, repository};

/// A folder with a picture, a folder and a file that no shell would take for one word.
fn folder() -> Environment {
    let environment = Environment::new();
    environment.copy(&repository("assets/pictures/star.jpg"), "star.jpg");
    environment.copy(
        &repository("assets/pictures/star.jpg"),
        "my pictures/star.jpg",
    );
    environment
}

fn installed(shell: &str) -> bool {
    let version = Command::new(shell)
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    version.is_ok_and(|status| status.success())
}

/// The words that come out of a script.
fn offered(environment: &Environment, shell: &str, arguments: &[&str]) -> Vec<String> {
    let output = environment
        .command_of(shell)
        .args(arguments)
        .output()
        .expect("a run");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(errors, "", "{shell} {arguments:?}");
    let stdout = String::from_utf8(output.stdout).expect("UTF-8");
    let word = |line: &str| line.split('\t').next().unwrap_or(line).to_owned();
    stdout
        .lines()
        .map(word)
        .filter(|word| !word.is_empty())
        .collect()
}

/// What bash's function offers for the last of `words`; `(files)` where it leaves that to bash.
fn in_bash(environment: &Environment, words: &[&str]) -> Vec<String> {
    let script = repository("completions/effnet.bash");
    let code = format!(
        "source '{}'; COMP_WORDS=(effnet \"$@\"); COMP_CWORD=$#; rest=default\n\
         compopt() {{ [[ $* == '+o default' ]] && rest=nothing; }}\n_effnet\n\
         printf '%s\\n' \"${{COMPREPLY[@]}}\"\n\
         if [[ ${{#COMPREPLY[@]}} == 0 && $rest == default ]]; then echo '(files)'; fi",
        script.display(),
    );
    offered(
        environment,
        "bash",
        &[&["-c", &code, "bash"], words].concat(),
    )
}

fn in_fish(environment: &Environment, words: &[&str]) -> Vec<String> {
    let script = repository("completions/effnet.fish");
    let line = format!("effnet {}", words.join(" "));
    let code = format!("source '{}'; complete -C '{line}'", script.display());
    offered(environment, "fish", &["--no-config", "-c", &code])
}

#[track_caller]
fn assert_offers(offered: &[String], wanted: &[&str], unwanted: &[&str]) {
    for word in wanted {
        assert!(
            offered.iter().any(|o| o == word),
            "{word} is not among {offered:?}"
        );
    }
    for word in unwanted {
        assert!(
            !offered.iter().any(|o| o == word),
            "{word} is among {offered:?}"
        );
    }
}

#[test]
fn bash_offers_what_can_stand_there() {
    if !installed("bash") {
        return;
    }
    let environment = folder();
    let bash = |words: &[&str]| in_bash(&environment, words);
    assert_offers(&bash(&["c"]), &["classify", "completions"], &["models"]);
    assert_eq!(bash(&["classify", ""]), ["(files)"]);
    assert_eq!(bash(&["classify", "star.jpg", "s"]), ["(files)"]);
    assert_eq!(bash(&["classify", "-o", ""]), ["(files)"]);
    assert_offers(
        &bash(&["classify", "--v"]),
        &["--variant", "--verbose"],
        &["--weights"],
    );
    for words in [
        &["download", ""][..],
        &["info", ""],
        &["bench", ""],
        &["models", ""],
        &["classify", "--variant", ""],
        &["classify", "--variant", "="],
        &["classify", "--model", ""],
    ] {
        assert_offers(
            &bash(words),
            &["b0", "v2-s", "demo"],
            &["--variant", "classify"],
        );
    }
    assert_offers(
        &bash(&["classify", "--model", ""]),
        &["star.jpg", "my pictures"],
        &[],
    );
    assert_offers(&bash(&["info", "my"]), &["my pictures"], &["b0"]);
    assert_offers(&bash(&["download", ""]), &[], &["star.jpg"]);
    assert_eq!(bash(&["classify", "--variant", "=", "v2-x"]), ["v2-xl"]);
    assert_offers(
        &bash(&["classify", "--weights", ""]),
        &["ns", "ap", "in21k"],
        &["b0"],
    );
    let of_b4 = ["ra2", "aa", "ap", "in1k", "ns"];
    assert_eq!(
        bash(&["classify", "--variant", "b4", "--weights", ""]),
        of_b4
    );
    assert_eq!(bash(&["info", "b4", "--weights", ""]), of_b4);
    assert_offers(
        &bash(&["completions", ""]),
        &["bash", "zsh", "fish"],
        &["star.jpg"],
    );
    assert_offers(&bash(&["help", ""]), &["classify", "man"], &[]);
    assert_offers(&bash(&["classify", "--format", ""]), &["jsonl", "csv"], &[]);
    assert_eq!(bash(&["classify", "--threads", ""]), [""; 0]);
}

#[test]
fn fish_offers_what_can_stand_there() {
    if !installed("fish") {
        return;
    }
    let environment = folder();
    let fish = |words: &[&str]| in_fish(&environment, words);
    assert_offers(&fish(&[""]), &["classify", "completions"], &["star.jpg"]);
    assert_offers(&fish(&["classify", ""]), &["star.jpg"], &["b0", "classify"]);
    assert_offers(&fish(&["classify", "-o", ""]), &["star.jpg"], &["b0"]);
    assert_offers(
        &fish(&["classify", "--v"]),
        &["--variant", "--verbose"],
        &["--weights"],
    );
    for words in [
        &["download", ""][..],
        &["info", ""],
        &["bench", ""],
        &["models", ""],
        &["--color", "never", "info", ""],
        &["classify", "--variant", ""],
        &["classify", "--model", ""],
    ] {
        assert_offers(&fish(words), &["b0", "v2-s", "demo"], &["classify"]);
    }
    assert_offers(&fish(&["classify", "--model", "s"]), &["star.jpg"], &[]);
    assert_offers(&fish(&["info", "s"]), &["star.jpg"], &[]);
    assert_offers(&fish(&["download", ""]), &[], &["star.jpg"]);
    assert_eq!(fish(&["classify", "--variant=v2-x"]), ["--variant=v2-xl"]);
    assert_offers(
        &fish(&["classify", "--weights", ""]),
        &["ns", "ap", "in21k"],
        &["b0"],
    );
    let of_b4 = fish(&["classify", "--variant=b4", "--weights", ""]);
    assert_offers(
        &of_b4,
        &["ra2", "aa", "ap", "in1k", "ns"],
        &["in21k", "star.jpg"],
    );
    assert_offers(
        &fish(&["completions", ""]),
        &["bash", "zsh", "fish"],
        &["star.jpg"],
    );
    assert_offers(
        &fish(&["classify", "--format", ""]),
        &["jsonl", "csv"],
        &["star.jpg"],
    );
    assert_offers(&fish(&["classify", "--threads", ""]), &[], &["star.jpg"]);
}

/// Zsh tells what it offers only to a terminal; that the script is one, and defines what it
/// should, can be seen without.
#[test]
fn zsh_takes_the_script() {
    if !installed("zsh") {
        return;
    }
    let script = repository("completions/_effnet");
    let code = format!(
        "autoload -Uz compinit; compinit -u -D; source '{}'; print $_comps[effnet]; \
         whence -w _effnet _effnet_models _effnet_tags",
        script.display(),
    );
    let defined = offered(&folder(), "zsh", &["-f", "-c", &code]);
    assert_eq!(
        defined,
        [
            "_effnet",
            "_effnet: function",
            "_effnet_models: function",
            "_effnet_tags: function"
        ],
    );
}
