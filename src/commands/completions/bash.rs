//! bash: one function. What it leaves empty is completed as a file by bash itself, which knows
//! about quotes and `~`; so it goes from bash 3.2 on, without the package bash-completion.

use std::fmt::{self, Write};

use clap::Command;

use super::{
    Values, all_tags, commands, described_variants, names, options, positional, tags, values,
};

const HEAD: &str = r#"# Completion of effnet for bash: `effnet completions bash` writes this.

_effnet() {
    local cur="${COMP_WORDS[COMP_CWORD]}" prev="${COMP_WORDS[COMP_CWORD - 1]}"
    local command='' flags='' kind='' i IFS=$' \t\n'
    # --flag=value comes as three words.
    if [[ $cur == '=' ]]; then
        cur=''
    elif [[ $prev == '=' ]]; then
        prev="${COMP_WORDS[COMP_CWORD - 2]}"
    fi
"#;

const TAIL: &str = r#"    if [[ $cur == -* && $kind != *value ]]; then
        COMPREPLY=($(compgen -W "$flags" -- "$cur"))
        return
    fi
    case ${kind% value} in
        files) COMPREPLY=() ;;
        variants) COMPREPLY=($(compgen -W "$variants" -- "$cur")) ;;
        models)
            IFS=$'\n'
            COMPREPLY=($(compgen -W "${variants// /$'\n'}" -- "$cur") $(compgen -f -- "$cur"))
            compopt -o filenames 2> /dev/null
            ;;
        tags) COMPREPLY=($(compgen -W "$tags" -- "$cur")) ;;
        *) COMPREPLY=($(compgen -W "${kind% value}" -- "$cur")) ;;
    esac
    # Only where files are wanted does bash go on with them.
    case $kind in
        files* | models*) ;;
        *) compopt +o default 2> /dev/null ;;
    esac
}

complete -o default -F _effnet effnet
"#;

pub fn script(root: &Command) -> Result<String, fmt::Error> {
    let mut script = HEAD.to_owned();
    let all: Vec<_> = described_variants().map(|(variant, _)| variant).collect();
    writeln!(script, "    local variants='{}'", all.join(" "))?;
    writeln!(script, "    local tags='{}'", all_tags().join(" "))?;
    let commands: Vec<&Command> = commands(root).collect();
    let names_of_all: Vec<_> = commands.iter().map(|command| command.get_name()).collect();
    script += "    for ((i = 1; i < COMP_CWORD; i++)); do\n";
    script += "        case $command,${COMP_WORDS[i]} in\n";
    for name in &names_of_all {
        writeln!(script, "            ,{name}) command={name} ;;")?;
    }
    for (variant, tags) in tags() {
        writeln!(
            script,
            "            *,{variant}) tags='{}' ;;",
            tags.join(" ")
        )?;
    }
    script += "        esac\n    done\n    case $command in\n";
    write_command(&mut script, "''", root, &names_of_all.join(" "))?;
    for command in commands {
        let kind = positional(command, root).map_or(String::new(), |(_, values, _)| kind(&values));
        write_command(&mut script, command.get_name(), command, &kind)?;
    }
    script += "    esac\n";
    script += TAIL;
    Ok(script)
}

fn kind(values: &Values) -> String {
    match values {
        Values::Files => "files".to_owned(),
        Values::Variants => "variants".to_owned(),
        Values::Models => "models".to_owned(),
        Values::Tags => "tags".to_owned(),
        Values::Words(words) => {
            let words: Vec<_> = words.iter().map(|(word, _)| word.as_str()).collect();
            words.join(" ")
        }
        Values::Free => String::new(),
    }
}

/// The flags of a command, what each takes, and what it takes without one.
fn write_command(script: &mut String, pattern: &str, command: &Command, kind: &str) -> fmt::Result {
    let flags: Vec<_> = options(command).flat_map(names).collect();
    writeln!(script, "        {pattern})")?;
    writeln!(script, "            flags='{}'", flags.join(" "))?;
    writeln!(script, "            kind='{kind}'")?;
    let with_value = options(command).filter_map(|arg| Some((names(arg), values(arg)?)));
    let cases: Vec<_> = with_value
        .map(|(names, values)| {
            let kind = self::kind(&values);
            format!(
                "                {}) kind='{kind} value' ;;\n",
                names.join(" | ")
            )
        })
        .collect();
    if !cases.is_empty() {
        write!(
            script,
            "            case $prev in\n{}            esac\n",
            cases.concat()
        )?;
    }
    writeln!(script, "            ;;")
}
