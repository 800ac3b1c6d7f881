//! The layer that is learnt.

/// The last layer as networks have it.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    /// `(classes, features)`.
    pub weight: Vec<f32>,
    /// A value for each class.
    pub bias: Vec<f32>,
}

impl Head {
    /// The logits of one picture's features, summed in f64.
    pub fn logits(&self, features: &[f32]) -> Vec<f32> {
        let rows = self.weight.chunks(features.len()).zip(&self.bias);
        let logit = |(row, &bias): (&[f32], &f32)| {
            let products = row.iter().zip(features);
            let sum: f64 = products.map(|(&w, &x)| f64::from(w) * f64::from(x)).sum();
            (sum + f64::from(bias)) as f32
        };
        rows.map(logit).collect()
    }
}
