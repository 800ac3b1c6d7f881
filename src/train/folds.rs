//! Pictures in parts, so that each can be judged by a head that never saw it.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

/// How many parts there are where classes have as many pictures.
pub const MOST: usize = 5;

/// Which part each picture is in, and how many parts there are. Each class is spread over all of them
/// as evenly as can be, and one and the same file is in one part only, whatever its names. Nothing but
/// the files' hashes, their classes and `seed` decides.
pub fn folds(truth: &[usize], hashes: &[&str], seed: u64) -> (Vec<usize>, usize) {
    let classes = truth.iter().max().map_or(0, |most| most + 1);
    let mut members = vec![Vec::new(); classes];
    for (picture, &class) in truth.iter().enumerate() {
        members[class].push(picture);
    }
    let largest = members.iter().map(Vec::len).max().unwrap_or(0);
    let parts = largest.clamp(2, MOST);
    let mut fold_of: HashMap<&str, usize> = HashMap::new();
    let mut next = 0;
    for pictures in &mut members {
        pictures.sort_by_cached_key(|&picture| (drawn(seed, hashes[picture]), picture));
        for &mut picture in pictures {
            fold_of.entry(hashes[picture]).or_insert_with(|| {
                next += 1;
                (next - 1) % parts
            });
        }
    }
    (hashes.iter().map(|hash| fold_of[hash]).collect(), parts)
}

/// A number that a file draws.
fn drawn(seed: u64, hash: &str) -> [u8; 32] {
    let digest = Sha256::new().chain_update(seed.to_le_bytes());
    digest.chain_update(hash).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_spread_evenly_and_copies_stay_together() {
        let hashes: Vec<String> = (0..60).map(|i| format!("{}", i % 50)).collect();
        let hashes: Vec<&str> = hashes.iter().map(String::as_str).collect();
        let truth: Vec<usize> = (0..60).map(|i| i % 2).collect();
        let (fold, parts) = folds(&truth, &hashes, 0);
        assert_eq!(parts, MOST);
        for copy in 0..10 {
            assert_eq!(fold[copy], fold[copy + 50]);
        }
        for class in 0..2 {
            for part in 0..parts {
                let count = (0..50)
                    .filter(|&i| truth[i] == class && fold[i] == part)
                    .count();
                assert_eq!(count, 5);
            }
        }
        assert_ne!(fold, folds(&truth, &hashes, 1).0);
        // No class has more than three.
        assert_eq!(folds(&[0, 0, 0, 1, 1], &["a", "b", "c", "d", "e"], 0).1, 3);
    }
}
