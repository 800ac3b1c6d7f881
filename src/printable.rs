//! What is safe to show on a terminal, and how.

/// How text looks where it goes.
#[cfg(feature = "cli")]
#[derive(Clone, Copy, Debug, Default)]
pub struct Style {
    /// Whether to use colour.
    pub color: bool,
    /// Whether it goes to a terminal, where a file name's escape sequences must not act.
    pub terminal: bool,
}

#[cfg(feature = "cli")]
impl Style {
    /// A name from elsewhere, so that it does not act where it is shown.
    pub fn shown(self, text: &str) -> String {
        match self.terminal {
            true => printable(text),
            false => text.to_owned(),
        }
    }

    /// `text` in a look of its own.
    pub fn paint(self, look: anstyle::Style, text: &str) -> String {
        match self.color {
            true => format!("{look}{text}{look:#}"),
            false => text.to_owned(),
        }
    }
}

/// Whether a character could steer a terminal or reorder what is shown: controls, and Unicode's
/// invisible characters and direction marks, but for the two joiners (U+200C, U+200D) that words of
/// many scripts and many emoji are written with.
pub fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// `text` with every character that [`steers`] replaced by its escape.
pub fn printable(text: &str) -> String {
    text.chars().fold(String::new(), |mut shown, c| {
        if steers(c) {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
        shown
    })
}

/// Bytes in hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Text from elsewhere, fit for a message: printable on one line and not endless, since it may come
/// from a server.
pub fn one_line(text: &str) -> String {
    const LONGEST: usize = 200;
    let start: String = text.chars().take(LONGEST).collect();
    let mut line = printable(&start);
    if start.len() < text.len() {
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::{one_line, printable};

    #[test]
    fn text_from_elsewhere_becomes_a_line_of_bounded_length() {
        assert_eq!(one_line("a\nb\u{1b}[2J"), "a\\nb\\u{1b}[2J");
        assert_eq!(one_line(&"x".repeat(900)).chars().count(), 201);
    }

    #[test]
    fn invisible_characters_are_escaped_and_letters_of_any_script_are_not() {
        for c in [
            '\u{1b}', '\u{ad}', '\u{180e}', '\u{202e}', '\u{fff9}', '\u{fffb}', '\u{feff}',
        ] {
            let shown = printable(&format!("a{c}b"));
            assert_eq!(shown, format!("a{}b", c.escape_default()));
        }
        for text in [
            "caf\u{e9}",
            "\u{732b}",
            "\u{441}\u{43e}\u{431}\u{430}\u{43a}\u{430}",
            "\u{645}\u{6cc}\u{200c}\u{62e}",
            "\u{1f468}\u{200d}\u{1f467}",
            "\u{1f408}",
        ] {
            assert_eq!(printable(text), text);
        }
    }
}
