//! fish: one `complete` for each flag of each command.

use std::fmt::{self, Write};

use clap::{Arg, Command};

use super::{
    Values, all_tags, commands, described_variants, one_line, options, positional, tags, values,
};

pub fn script(root: &Command) -> Result<String, fmt::Error> {
    let mut script =
        "# Completion of effnet for fish: `effnet completions fish` writes this.\n".to_owned();
    write_functions(&mut script, root)?;
    script += "\ncomplete -c effnet -n __effnet_is -f\n";
    for command in commands(root) {
        let about = quoted(&one_line(command.get_about()));
        let name = command.get_name();
        writeln!(
            script,
            "complete -c effnet -n __effnet_is -a {name} -d {about}"
        )?;
    }
    for arg in options(root) {
        write_option(&mut script, "__effnet_is", arg)?;
    }
    for command in commands(root) {
        let name = command.get_name();
        let condition = format!("'__effnet_is {name}'");
        script.push('\n');
        let (files, more) = match positional(command, root) {
            Some((_, Values::Files, _)) => (true, String::new()),
            Some((_, values, _)) => (matches!(values, Values::Models), arguments(&values)),
            None => (false, String::new()),
        };
        let files = if files { "" } else { " -f" };
        if !(files.is_empty() && more.is_empty()) {
            writeln!(script, "complete -c effnet -n {condition}{files}{more}")?;
        }
        for arg in options(command) {
            write_option(&mut script, &condition, arg)?;
        }
    }
    Ok(script)
}

/// `__effnet_is NAME`: whether the command is NAME; without one, whether there is none yet.
fn write_functions(script: &mut String, root: &Command) -> fmt::Result {
    let takes_value = |arg: &&Arg| arg.get_action().takes_values();
    let global: Vec<_> = options(root)
        .filter(takes_value)
        .flat_map(super::names)
        .collect();
    writeln!(
        script,
        "\nfunction __effnet_is\n    set -l words (commandline -opc)\n    set -l skip no\n    \
         for word in $words[2..]\n        if test $skip = yes\n            set skip no\n            \
         continue\n        end\n        switch $word\n            case {}\n                \
         set skip yes\n            case '-*'\n            case '*'\n                \
         test \"$word\" = \"$argv[1]\"\n                return\n        end\n    end\n    \
         test -z \"$argv[1]\"\nend",
        global.join(" "),
    )?;
    script.push_str("\nfunction __effnet_variants\n    printf '%s\\n' \\\n");
    let lines: Vec<_> = described_variants()
        .map(|(variant, text)| format!("        {variant}\\t{}", quoted(&text)))
        .collect();
    writeln!(script, "{}\nend", lines.join(" \\\n"))?;
    script.push_str("\nfunction __effnet_tags\n");
    writeln!(script, "    set -l tags {}", all_tags().join(" "))?;
    script.push_str("    for word in (commandline -opc | string replace -r '^.*=' '')\n");
    script.push_str("        switch $word\n");
    for (variant, tags) in tags() {
        writeln!(
            script,
            "            case {variant}\n                set tags {}",
            tags.join(" ")
        )?;
    }
    script.push_str("        end\n    end\n    printf '%s\\tpublished weights\\n' $tags\nend\n");
    Ok(())
}

/// ` -a LIST`.
fn arguments(values: &Values) -> String {
    match values {
        Values::Files | Values::Free => String::new(),
        Values::Variants | Values::Models => " -k -a '(__effnet_variants)'".to_owned(),
        Values::Tags => " -k -a '(__effnet_tags)'".to_owned(),
        Values::Words(words) => {
            let word = |(word, help): &(String, String)| match help.is_empty() {
                true => word.clone(),
                false => format!("{word}\\t{}", quoted(help).replace('\'', "\"")),
            };
            let words: Vec<_> = words.iter().map(word).collect();
            format!(" -a '{}'", words.join(" "))
        }
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', r"\\").replace('\'', r"\'"))
}

fn write_option(script: &mut String, condition: &str, arg: &Arg) -> fmt::Result {
    write!(script, "complete -c effnet -n {condition}")?;
    if let Some(short) = arg.get_short() {
        write!(script, " -s {short}")?;
    }
    if let Some(long) = arg.get_long() {
        write!(script, " -l {long}")?;
    }
    if let Some(values) = values(arg) {
        let files = match values {
            Values::Files | Values::Models => " -r -F",
            _ => " -x",
        };
        write!(script, "{files}{}", arguments(&values))?;
    }
    writeln!(script, " -d {}", quoted(&one_line(arg.get_help())))
}
