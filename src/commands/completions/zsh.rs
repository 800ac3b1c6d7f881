//! zsh: one call of `_arguments` for each command.

use std::fmt::{self, Write};

use clap::{Arg, ArgAction, Command};

use super::{
    Values, all_tags, commands, described_variants, names, one_line, options, positional, tags,
    values,
};

const TAIL: &str = r#"
# Read from a folder of fpath, this file is the function's body; sourced, it names the function.
if [[ $funcstack[1] == _effnet ]]; then
    _effnet "$@"
else
    compdef _effnet effnet
fi
"#;

pub fn script(root: &Command) -> Result<String, fmt::Error> {
    let mut script = "#compdef effnet\n\
        # Completion of effnet for zsh: `effnet completions zsh` writes this.\n"
        .to_owned();
    write_lists(&mut script)?;
    script += "\n_effnet() {\n    local curcontext=\"$curcontext\" state line\n    \
               typeset -A opt_args\n    local -a commands=(\n";
    for command in commands(root) {
        let about = one_line(command.get_about()).replace('\'', r"'\''");
        writeln!(script, "        '{}:{about}'", command.get_name())?;
    }
    let mut specs: Vec<String> = options(root).flat_map(option).collect();
    specs.push("': :->command' '*:: :->arguments' && return".to_owned());
    writeln!(script, "    )\n    {}", arguments("-C -s -S", &specs, 8))?;
    script += "    if [[ $state == command ]]; then\n        \
               _describe -t commands command commands\n        return\n    fi\n    \
               curcontext=\"${curcontext%:*:*}:effnet-$line[1]:\"\n    case $line[1] in\n";
    for command in commands(root) {
        let mut specs: Vec<String> = options(command).flat_map(option).collect();
        if let Some((name, values, many)) = positional(command, root) {
            let star = if many { "*" } else { "" };
            specs.push(format!("'{star}:{}:{}'", escaped(&name), action(&values)));
        }
        let call = arguments("-s -S", &specs, 16);
        writeln!(
            script,
            "        {})\n            {call}\n            ;;",
            command.get_name()
        )?;
    }
    script += "    esac\n}\n";
    Ok(script + TAIL)
}

/// A call of `_arguments`, a specification a line.
fn arguments(flags: &str, specs: &[String], indent: usize) -> String {
    let specs = specs
        .iter()
        .map(|spec| format!(" \\\n{:indent$}{spec}", ""));
    format!("_arguments {flags}{}", specs.collect::<String>())
}

/// The functions that know variants, models and tags.
fn write_lists(script: &mut String) -> fmt::Result {
    script.push_str("\n_effnet_variants() {\n    local -a variants=(\n");
    for (variant, text) in described_variants() {
        writeln!(script, "        '{variant}:{text}'")?;
    }
    script.push_str("    )\n    _describe -V -t variants variant variants\n}\n");
    script.push_str(
        "\n_effnet_models() {\n    _alternative 'variants:variant:_effnet_variants' 'files:file:_files'\n}\n",
    );
    writeln!(
        script,
        "\n_effnet_tags() {{\n    local word\n    local -a tags=({})",
        all_tags().join(" ")
    )?;
    script.push_str("    for word in ${words#*=}; do\n        case $word in\n");
    for (variant, tags) in tags() {
        writeln!(
            script,
            "            {variant}) tags=({}) ;;",
            tags.join(" ")
        )?;
    }
    script.push_str("        esac\n    done\n    _describe -V -t tags tag tags\n}\n");
    Ok(())
}

fn action(values: &Values) -> String {
    match values {
        Values::Files => "_files".to_owned(),
        Values::Variants => "_effnet_variants".to_owned(),
        Values::Models => "_effnet_models".to_owned(),
        Values::Tags => "_effnet_tags".to_owned(),
        Values::Words(words) if words.iter().all(|(_, help)| help.is_empty()) => {
            let words: Vec<_> = words.iter().map(|(word, _)| word.as_str()).collect();
            format!("({})", words.join(" "))
        }
        Values::Words(words) => {
            let word = |(word, help): &(String, String)| format!(r#"{word}\:"{}""#, escaped(help));
            format!(
                "(({}))",
                words.iter().map(word).collect::<Vec<_>>().join(" ")
            )
        }
        Values::Free => " ".to_owned(),
    }
}

/// Within single quotes, in the words of `_arguments`.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        // A list of words is read by zsh once more, and would run what is between backticks.
        if "\\[]:\"`$".contains(c) {
            escaped.push('\\');
        }
        match c {
            '\'' => escaped.push_str(r"'\''"),
            _ => escaped.push(c),
        }
    }
    escaped
}

/// The specifications of a flag, one for each of its names.
fn option(arg: &Arg) -> Vec<String> {
    let names = names(arg);
    let exclusive = match matches!(arg.get_action(), ArgAction::Append) {
        true => "*".to_owned(),
        false => format!("({})", names.join(" ")),
    };
    let help = escaped(&one_line(arg.get_help()));
    let values = values(arg);
    let value = values.as_ref().map_or(String::new(), |values| {
        let name = arg.get_value_names().and_then(|names| names.first());
        format!(
            ":{}:{}",
            name.map_or("", |name| name.as_str()),
            action(values)
        )
    });
    let spec = |name: &String| {
        // A value may follow the flag within the word or in the next.
        let glue = match (&values, name.starts_with("--")) {
            (None, _) => "",
            (Some(_), true) => "=",
            (Some(_), false) => "+",
        };
        format!("'{exclusive}{name}{glue}[{help}]{value}'")
    };
    names.iter().map(spec).collect()
}
