"""Make tests/fixtures/eval.json: drawn logits of two models and truths, and what they come to.

    pip install scikit-learn
    python tests/reference/make_eval.py

20 classes, of which 12 are shown, some more often than others. Logits have two
decimals, and no two of a picture are the same, so that ranks are beyond doubt.
ReaL's labels are one to three classes to a picture, and sometimes none. The expected
numbers are scikit-learn's, or eval_numbers.py's own where it has none.
"""

from __future__ import annotations

import json

import numpy as np
from sklearn import metrics

from common import FIXTURES
from eval_numbers import calibration, mcnemar, numbers, probabilities_of, top, wilson

PICTURES, CLASSES, SHOWN = 200, 20, 12


def drawn_logits(random: np.random.Generator, targets: np.ndarray, signal: float) -> np.ndarray:
    """Logits in which the truth stands out by about `signal`."""
    logits = random.normal(0, 2, (PICTURES, CLASSES))
    logits[np.arange(PICTURES), targets] += random.normal(signal, 2, PICTURES)
    steps = np.round(logits * 100).astype(int)
    for row in steps:
        while len(np.unique(row)) < CLASSES:
            values, first = np.unique(row, return_index=True)
            again = np.setdiff1d(np.arange(CLASSES), first)
            row[again] += 1
    return (steps / 100).astype(np.float32)


def per_class(targets: np.ndarray, answers: np.ndarray) -> list[dict]:
    """Of each class that is shown or answered."""
    present = np.union1d(targets, answers)
    rows = metrics.precision_recall_fscore_support(targets, answers, labels=present, zero_division=np.nan)
    known = lambda value: None if np.isnan(value) else float(value)
    return [
        {"index": int(c), "precision": known(p), "recall": known(r), "f1": known(f), "pictures": int(n)}
        for c, p, r, f, n in zip(present, *rows)
    ]


def real_numbers(logits: np.ndarray, real: list[list[int]]) -> dict:
    """As timm's RealLabelsImagenet."""
    order = np.argsort(-logits, axis=1)
    with_label = [row for row in range(PICTURES) if real[row]]
    counted = lambda k: sum(bool(set(order[row, :k]) & set(real[row])) for row in with_label)
    return {"pictures": len(with_label), "skipped": PICTURES - len(with_label), "top1": counted(1), "top5": counted(5)}


def main() -> None:
    random = np.random.default_rng(20)
    shown = np.sort(random.choice(CLASSES, SHOWN, replace=False))
    targets = random.choice(shown, PICTURES, p=np.arange(1, SHOWN + 1) / np.arange(1, SHOWN + 1).sum())
    assert len(np.unique(targets)) == SHOWN
    logits, other = drawn_logits(random, targets, 4.0), drawn_logits(random, targets, 3.2)
    real = []
    for target in targets.tolist():
        others = random.integers(CLASSES, size=2).tolist()
        real.append([[target], [target, *others], others, []][random.integers(4)])

    answers, others = logits.argmax(1), other.argmax(1)
    everything = numbers(logits, targets)
    masked = numbers(logits[:, shown], np.searchsorted(shown, targets))
    only_this = int(((answers == targets) & (others != targets)).sum())
    only_other = int(((answers != targets) & (others == targets)).sum())
    exact, mid = mcnemar(only_this, only_other)
    matrix = metrics.confusion_matrix(targets, answers, labels=range(CLASSES))
    expected = {
        "all": everything,
        "masked": masked,
        "interval": wilson(everything["top1"], PICTURES),
        "bins": calibration(probabilities_of(logits), targets)[1],
        "per_class": per_class(targets, answers),
        "confusion": [[int(t), int(a), int(matrix[t, a])] for t, a in np.argwhere(matrix)],
        "real": real_numbers(logits, real),
        "against": {
            "only_this": only_this,
            "only_other": only_other,
            "p_exact": exact,
            "p_mid": mid,
            "other_accuracy": top(other, targets, 1) / PICTURES,
        },
    }
    rows = [
        {"truth": int(t), "logits": a, "other": b, "real": r}
        for t, a, b, r in zip(
            targets, logits.astype(float).round(2).tolist(), other.astype(float).round(2).tolist(), real
        )
    ]
    lines = ",\n".join(json.dumps(row) for row in rows)
    path = FIXTURES / "eval.json"
    path.write_text(f'{{"expected": {json.dumps(expected)},\n"rows": [\n{lines}\n]}}\n')
    print(f"wrote {path.name}: {PICTURES} pictures, {path.stat().st_size} bytes")
    print(json.dumps({key: expected[key] for key in ("all", "masked", "real", "against")}, indent=1))


if __name__ == "__main__":
    main()
