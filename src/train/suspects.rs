//! Pictures that may be in the wrong folder: confident learning (Northcutt, Jiang and Chuang 2021,
//! arXiv:1911.00068, section 3.1) by heads that never saw the picture.

use super::samples::probabilities;

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

/// Of each class as many pictures as seem to be wrong among those of which the heads are sure, taken to
/// all of its pictures, and of those whose most likely class is another the ones that stand out most;
/// the most striking first. `logits` are row after row.
///
/// A head is sure of a class where that is as likely as it is on average for the class's own pictures.
pub fn suspects(logits: &[f32], truth: &[usize], classes: usize) -> Vec<Suspect> {
    let rows = logits.chunks(classes).zip(truth);
    let rows = rows.map(|(row, &given)| (probabilities(row, given).0, given));
    let usual = usual(rows.clone(), classes);
    let mut sure = vec![Sure::default(); classes];
    let mut found = Vec::new();
    for (picture, (row, given)) in rows.enumerate() {
        let is_likelier = |a: &usize, b: &usize| row[*a].total_cmp(&row[*b]);
        let likely = (0..classes).filter(|&class| row[class] >= usual[class]);
        let of_class = &mut sure[given];
        of_class.pictures += 1;
        match likely.max_by(is_likelier) {
            Some(class) if class == given => of_class.right += 1,
            Some(_) => of_class.wrong += 1,
            None => {}
        }
        let best = (0..classes).max_by(is_likelier);
        if let Some(looks_like) = best.filter(|&best| best != given) {
            found.push(Suspect {
                picture,
                given,
                given_score: row[given],
                looks_like,
                score: row[looks_like],
            });
        }
    }
    let margin = |s: &Suspect| s.score - s.given_score;
    found.sort_by(|a, b| margin(b).total_cmp(&margin(a)));
    let mut left: Vec<usize> = sure.iter().map(Sure::wrong).collect();
    found.retain(|suspect| {
        let of_class = &mut left[suspect.given];
        let is_one = *of_class > 0;
        *of_class = of_class.saturating_sub(1);
        is_one
    });
    found
}

/// How likely each class is on average for the pictures that it is given to.
fn usual(rows: impl Iterator<Item = (Vec<f64>, usize)>, classes: usize) -> Vec<f64> {
    let mut sums = vec![(0.0, 0_usize); classes];
    for (row, class) in rows {
        sums[class].0 += row[class];
        sums[class].1 += 1;
    }
    let mean = |(sum, count): (f64, usize)| sum / count.max(1) as f64;
    sums.into_iter().map(mean).collect()
}

/// Pictures of a class, and those of which the heads are sure.
#[derive(Clone, Debug, Default)]
struct Sure {
    pictures: usize,
    right: usize,
    wrong: usize,
}

impl Sure {
    /// How many of all seem to be wrong (equation 3 of Northcutt et al.), rounded up: of small classes
    /// a half is as good as one.
    fn wrong(&self) -> usize {
        let share = self.wrong as f64 / (self.right + self.wrong).max(1) as f64;
        (self.pictures as f64 * share).ceil() as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_out_is_suspected_and_no_more_than_seem_wrong() {
        // Of class 0 nine are plain; one is plainly of class 1, and three are hard to tell. One of ten
        // is wrong where the heads are sure, so of thirteen no more than two.
        let mut logits = [4.0, 0.0].repeat(9);
        logits.extend([-4.0, 0.0, -0.1, 0.0, -0.3, 0.0, -0.2, 0.0]);
        let mut truth = vec![0; 13];
        logits.extend([0.0, 4.0].repeat(10));
        truth.extend([1; 10]);
        let found = suspects(&logits, &truth, 2);
        let pictures: Vec<_> = found.iter().map(|suspect| suspect.picture).collect();
        assert_eq!(pictures, [9, 11], "{found:?}");
        assert_eq!((found[0].given, found[0].looks_like), (0, 1));
        assert!(found[0].score > 0.9);
    }
}
