"""Make tests/fixtures/regression.json: drawn features and labels, and scikit-learn's heads for them.

    pip install scikit-learn
    python tests/reference/make_regression.py

The features have two decimals. `loss` is the sum of the cross entropies, each times its picture's
weight, plus the squares of the coefficients over 2 C, in double precision.
"""

from __future__ import annotations

import json

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.utils.class_weight import compute_sample_weight

from common import FIXTURES

PICTURES, FEATURES = 60, 6


def case(random: np.random.Generator, classes: int, c: float, balanced: bool) -> dict:
    """One set, whose classes overlap, and the head of it."""
    shares = np.arange(1, classes + 1) / np.arange(1, classes + 1).sum()
    labels = np.concatenate([np.arange(classes), random.choice(classes, PICTURES - classes, p=shares)])
    means = random.normal(0, 1, (classes, FEATURES))
    features = np.round(random.normal(3, 1, (PICTURES, FEATURES)) + means[labels], 2)
    weight = "balanced" if balanced else None
    model = LogisticRegression(C=c, class_weight=weight, tol=1e-10, max_iter=100_000).fit(features, labels)
    loss = model.predict_proba(features)[np.arange(PICTURES), labels]
    loss = -np.log(loss) @ compute_sample_weight(weight, labels) + (model.coef_**2).sum() / (2 * c)
    return {
        "classes": classes,
        "c": c,
        "balanced": balanced,
        "features": features.ravel().tolist(),
        "labels": labels.tolist(),
        "loss": float(loss),
        "coefficients": np.round(model.coef_, 6).ravel().tolist(),
        "predictions": model.predict(features).tolist(),
    }


def main() -> None:
    random = np.random.default_rng(15)
    cases = [case(random, *of) for of in [(4, 0.03, False), (4, 3.0, True), (3, 100.0, False), (2, 0.5, False)]]
    path = FIXTURES / "regression.json"
    path.write_text(json.dumps(cases, separators=(",", ":")) + "\n")
    print(f"wrote {path.name}: {len(cases)} cases, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
