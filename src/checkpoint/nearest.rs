//! Which of the names that exist was meant by one that does not.

/// How many are proposed at most.
const MOST: usize = 3;

/// Those of `names` that differ from `word` by little, the nearest first; hyphens count for
/// nothing, and of equals the one whose number is nearer comes first: `b8` for `b9`.
pub fn nearest<'a>(word: &str, names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let plain = |name: &str| name.to_lowercase().replace('-', "");
    let word = plain(word);
    let length = word.chars().count();
    let limit = 1 + length / 4;
    let mut found: Vec<(usize, u64, &str)> = names
        .map(|name| (plain(name), name))
        // The distance is at least that of the lengths, which costs nothing to know.
        .filter(|(plain, _)| plain.chars().count().abs_diff(length) <= limit)
        .map(|(plain, name)| {
            (
                distance(&word, &plain),
                number(&word).abs_diff(number(name)),
                name,
            )
        })
        // Where every letter differs it is another word.
        .filter(|(distance, _, name)| *distance <= limit && *distance < name.chars().count())
        .collect();
    found.sort_by_key(|(distance, number, _)| (*distance, *number));
    found
        .into_iter()
        .take(MOST)
        .map(|(.., name)| name)
        .collect()
}

/// `a`, `a or b`, `a, b or c`; nothing of none.
pub fn one_of(names: &[&str]) -> Option<String> {
    match names {
        [] => None,
        [only] => Some((*only).to_owned()),
        [first @ .., last] => Some(format!("{} or {last}", first.join(", "))),
    }
}

/// The number that the digits of a name make.
fn number(name: &str) -> u64 {
    let digits: String = name.chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(0)
}

/// How many letters must be put in, taken out or changed (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, a) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in b.iter().enumerate() {
            let changed = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
