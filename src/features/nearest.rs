//! The most similar pictures to some others.

use anyhow::Result;

use super::vectors::{BLOCK, Vectors};

/// How much a result says.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// At most so many.
    pub k: usize,
    /// With at least this cosine.
    pub min_cosine: f32,
}

/// A picture, by its place in the index, and its cosine with the query.
pub type Hit = (usize, f32);

/// For each query the hits, the most similar first; of two alike the earlier in the index.
///
/// # Errors
/// If a query has another number of features, or there is no memory.
pub fn nearest(vectors: &Vectors, queries: &[&[f32]], wanted: Wanted) -> Result<Vec<Vec<Hit>>> {
    let mut all = Vec::new();
    for queries in queries.chunks(BLOCK) {
        let block = vectors.against(queries.concat(), queries.len())?;
        let mut best = vec![Vec::new(); queries.len()];
        for others in vectors.steps(0) {
            let cosines = block.cosines(others.clone())?;
            for (query, best) in best.iter_mut().enumerate() {
                let column = cosines.iter().skip(query).step_by(queries.len());
                take(best, others.clone().zip(column.copied()), wanted);
            }
        }
        all.extend(best);
    }
    Ok(all)
}

/// Puts what is good enough among the best so far.
fn take(best: &mut Vec<Hit>, found: impl Iterator<Item = Hit>, wanted: Wanted) {
    let least = match best.last() {
        Some(&(_, worst)) if best.len() >= wanted.k => worst.max(wanted.min_cosine),
        _ => wanted.min_cosine,
    };
    // A sum of squares may come out above 1.
    let found = found.map(|(at, cosine)| (at, cosine.clamp(-1.0, 1.0)));
    best.extend(found.filter(|&(_, cosine)| cosine >= least));
    best.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    best.truncate(wanted.k);
}

/// The cosine of two vectors.
///
/// # Errors
/// If they have different numbers of features.
pub fn cosine(a: &[f32], b: &[f32]) -> Result<f32> {
    let vectors = Vectors::new(a.to_vec(), 1)?;
    let found = vectors.against(b.to_vec(), 1)?.cosines(0..1)?;
    Ok(found[0].clamp(-1.0, 1.0))
}
