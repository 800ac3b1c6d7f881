//! Pictures that may be in the wrong folder: confident learning (Northcutt, Jiang and Chuang 2021,
//! arXiv:1911.00068, section 3.1) by heads that never saw the picture.

use super::samples::cross_entropy;

/// A picture that looks like another class.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Suspect {
    /// Which of the pictures.
    pub picture: usize,
    /// The class that it is given.
    pub given: usize,
    /// How likely that is.
    pub given_score: f64,
    /// The class that it looks like.
    pub looks_like: usize,
    /// How likely that is.
    pub score: f64,
}

/// The pictures whose most likely class is another than the one that is given, and as likely as it is
/// for the pictures of that class; the most striking first. `logits` are row after row.
pub fn suspects(logits: &[f64], truth: &[usize], classes: usize) -> Vec<Suspect> {
    let mut scores = logits.to_vec();
    let mut sums = vec![(0.0, 0_usize); classes];
    for (row, &class) in scores.chunks_mut(classes).zip(truth) {
        cross_entropy(row, class);
        sums[class].0 += row[class];
        sums[class].1 += 1;
    }
    // How likely a class is on average for its own pictures.
    let usual = |class: usize| sums[class].0 / sums[class].1.max(1) as f64;
    let suspect = |(picture, (row, &given)): (usize, (&[f64], &usize))| {
        let likely = (0..classes).filter(|&class| row[class] >= usual(class));
        let looks_like = likely.max_by(|&a, &b| row[a].total_cmp(&row[b]))?;
        (looks_like != given && row[looks_like] > row[given]).then(|| Suspect {
            picture,
            given,
            given_score: row[given],
            looks_like,
            score: row[looks_like],
        })
    };
    let rows = scores.chunks(classes).zip(truth).enumerate();
    let mut found: Vec<Suspect> = rows.filter_map(suspect).collect();
    let margin = |s: &Suspect| s.score - s.given_score;
    found.sort_by(|a, b| margin(b).total_cmp(&margin(a)));
    found
}
