//! L-BFGS (Nocedal and Wright, Numerical Optimization, 2nd edition, algorithms 7.4 and 7.5), for
//! functions that are smooth and convex.
//!
//! The value and the gradient are asked for together, since they share the product that takes the time;
//! and where a step can't get any lower, because double precision ends there, that is the minimum and
//! no error.

use std::collections::VecDeque;

use anyhow::Result;

/// How many steps are remembered.
const MEMORY: usize = 12;
/// The share of the expected descent that a step must bring (Nocedal and Wright, section 3.1).
const SUFFICIENT: f64 = 1e-4;
/// How often a step is halved before there is none.
const HALVINGS: usize = 30;

/// A function's value at a point, and its gradient there.
pub type Evaluated = (f64, Vec<f64>);

/// Where a function is lowest.
#[derive(Clone, Debug)]
pub struct Minimum {
    /// The point.
    pub point: Vec<f64>,
    /// The value there.
    #[cfg_attr(not(test), expect(dead_code))]
    pub value: f64,
    /// How many steps it took.
    pub steps: usize,
}

/// Goes down from `point` until `is_enough`, which is asked after each step for its value and gradient,
/// or for `most` steps.
///
/// # Errors
/// If `function` fails.
pub fn minimise(
    mut point: Vec<f64>,
    most: usize,
    mut function: impl FnMut(&[f64]) -> Result<Evaluated>,
    mut is_enough: impl FnMut(&Evaluated) -> bool,
) -> Result<Minimum> {
    let mut now = function(&point)?;
    let mut memory = Memory::default();
    let mut steps = 0;
    while steps < most && !is_enough(&now) {
        let mut direction = memory.direction(&now.1);
        let mut slope = dot(&direction, &now.1);
        if slope >= 0.0 {
            memory = Memory::default();
            direction = memory.direction(&now.1);
            slope = dot(&direction, &now.1);
        }
        // Nothing is known of the scale before the first step.
        let length = match memory.pairs.is_empty() {
            true => 1.0 / dot(&now.1, &now.1).sqrt().max(1.0),
            false => 1.0,
        };
        let Some((next, reached)) =
            descend(&point, &direction, slope, &now, length, &mut function)?
        else {
            if memory.pairs.is_empty() {
                break;
            }
            memory = Memory::default();
            continue;
        };
        memory.add(difference(&next, &point), difference(&reached.1, &now.1));
        (point, now) = (next, reached);
        steps += 1;
    }
    Ok(Minimum {
        point,
        value: now.0,
        steps,
    })
}

/// A step along `direction` that brings enough, of `length` times it or of less.
fn descend(
    point: &[f64],
    direction: &[f64],
    slope: f64,
    (value, _): &Evaluated,
    mut length: f64,
    function: &mut impl FnMut(&[f64]) -> Result<Evaluated>,
) -> Result<Option<(Vec<f64>, Evaluated)>> {
    for _ in 0..HALVINGS {
        let next: Vec<f64> = point
            .iter()
            .zip(direction)
            .map(|(x, d)| x + length * d)
            .collect();
        let reached = function(&next)?;
        if reached.0 < value + SUFFICIENT * length * slope {
            return Ok(Some((next, reached)));
        }
        length /= 2.0;
    }
    Ok(None)
}

/// The last steps, and by how much each changed the gradient.
#[derive(Default)]
struct Memory {
    pairs: VecDeque<(Vec<f64>, Vec<f64>, f64)>,
}

impl Memory {
    fn add(&mut self, step: Vec<f64>, change: Vec<f64>) {
        let curvature = dot(&step, &change);
        // A convex function has no other; rounding may.
        if curvature <= f64::EPSILON * dot(&change, &change) {
            return;
        }
        if self.pairs.len() == MEMORY {
            self.pairs.pop_front();
        }
        self.pairs.push_back((step, change, 1.0 / curvature));
    }

    /// Down, as far as is known (algorithm 7.4, the two loops).
    fn direction(&self, gradient: &[f64]) -> Vec<f64> {
        let mut direction: Vec<f64> = gradient.iter().map(|g| -g).collect();
        let mut alphas = Vec::new();
        for (step, change, rho) in self.pairs.iter().rev() {
            let alpha = rho * dot(step, &direction);
            add(&mut direction, -alpha, change);
            alphas.push(alpha);
        }
        if let Some((_, change, rho)) = self.pairs.back() {
            let scale = 1.0 / (rho * dot(change, change));
            direction.iter_mut().for_each(|d| *d *= scale);
        }
        for ((step, change, rho), alpha) in self.pairs.iter().zip(alphas.into_iter().rev()) {
            let beta = rho * dot(change, &direction);
            add(&mut direction, alpha - beta, step);
        }
        direction
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn add(to: &mut [f64], times: f64, what: &[f64]) {
    to.iter_mut().zip(what).for_each(|(t, w)| *t += times * w);
}

fn difference(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_point_of_a_bowl_is_found_however_long_it_is() {
        let scales: Vec<f64> = (0..20).map(|i| 10_f64.powf(f64::from(i) / 8.0)).collect();
        let bowl = |x: &[f64]| {
            let from = x.iter().zip(&scales).map(|(x, s)| (x - 1.0, s));
            let value = from.clone().map(|(d, s)| s * d * d / 2.0).sum();
            Ok((value, from.map(|(d, s)| s * d).collect()))
        };
        let found = minimise(vec![0.0; 20], 500, bowl, |(_, g)| dot(g, g) < 1e-16);
        let found = found.expect("a minimum");
        assert!(
            found.point.iter().all(|x| (x - 1.0).abs() < 1e-6),
            "{found:?}"
        );
        assert!(found.steps < 300, "{}", found.steps);
    }
}
