"""What scikit-learn, and formulas that it lacks, say of logits and truths; by the keys of `effnet eval --json`."""

from __future__ import annotations

from math import comb, sqrt
from statistics import NormalDist

import numpy as np
from sklearn import metrics

BINS = 15


def probabilities_of(logits: np.ndarray) -> np.ndarray:
    """The softmax, in double precision."""
    logits = logits.astype(np.float64)
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def calibration(probabilities: np.ndarray, targets: np.ndarray) -> tuple[float, list[int]]:
    """The expected calibration error of Guo et al. 2017, and how many answers each bin has."""
    score, right = probabilities.max(1), probabilities.argmax(1) == targets
    edges = np.linspace(0, 1, BINS + 1)
    error, counts = 0.0, []
    for low, high in zip(edges[:-1], edges[1:]):
        inside = (score > low) & (score <= high)
        counts.append(int(inside.sum()))
        if inside.any():
            error += inside.mean() * abs(right[inside].mean() - score[inside].mean())
    return float(error), counts


def top(logits: np.ndarray, targets: np.ndarray, k: int) -> int:
    """How many truths are among the k largest."""
    return int((np.argsort(-logits, axis=1)[:, :k] == targets[:, None]).any(1).sum())


def numbers(logits: np.ndarray, targets: np.ndarray) -> dict:
    """Counts as integers, other numbers as floats."""
    probabilities = probabilities_of(logits)
    answers, classes = probabilities.argmax(1), probabilities.shape[1]
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(
        targets, answers, average="macro", zero_division=0
    )
    one_hot = np.eye(classes)[targets]
    return {
        "classes": classes,
        "pictures": len(targets),
        "top1": top(logits, targets, 1),
        "top5": top(logits, targets, 5),
        "balanced_accuracy": float(np.mean(recalls(targets, answers))),
        "macro_precision": float(precision),
        "macro_recall": float(recall),
        "macro_f1": float(f1),
        "log_loss": float(metrics.log_loss(targets, probabilities, labels=list(range(classes)))),
        "brier": float(((probabilities - one_hot) ** 2).sum(1).mean()),
        "ece": calibration(probabilities, targets)[0],
    }


def recalls(targets: np.ndarray, answers: np.ndarray) -> np.ndarray:
    """Of the classes that are shown, as balanced_accuracy_score, which warns of the others."""
    shown = np.unique(targets)
    return metrics.recall_score(targets, answers, labels=shown, average=None)


def wilson(correct: int, count: int) -> list[float]:
    """The score interval as the two shares that the normal approximation just does not refuse: the roots
    of (share - p)^2 = z^2 p (1 - p) / n."""
    z = NormalDist().inv_cdf(0.975)
    share = correct / count
    a, b, c = 1 + z * z / count, -(2 * share + z * z / count), share * share
    root = sqrt(b * b - 4 * a * c)
    return [(-b - root) / (2 * a), (-b + root) / (2 * a)]


def mcnemar(one: int, other: int) -> tuple[float, float]:
    """Exact and mid-p, in whole numbers as long as can be."""
    n, least = one + other, min(one, other)
    tail = sum(comb(n, k) for k in range(least + 1))
    exact = min(1.0, 2 * tail / 2**n)
    return exact, (2 * tail - comb(n, least)) / 2**n
