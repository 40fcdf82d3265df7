"""The gate: what a model must reach to become champion."""

from typing import Any

from ..configurations import Settings


def judge(settings: Settings, found: dict[str, Any]) -> list[str]:
    """Return every reason to refuse the model; none means that it passes.

    It must reach the thresholds (`evaluate.minimum`, `evaluate.maximum`), beat the baseline, and be no
    worse than the champion by more than `evaluate.tolerance`, each on the same test part.
    """
    gate, metrics, main = settings.evaluate, found["metrics"], settings.metric
    refused = []
    for name, limits, sign, word in (
        *((name, gate.minimum, 1, "below the minimum") for name in gate.minimum),
        *((name, gate.maximum, -1, "above the maximum") for name in gate.maximum),
    ):
        if name not in metrics:
            refused.append(f"{name} can't be computed on this test part")
        elif sign * metrics[name] < sign * limits[name]:
            refused.append(f"{name} {metrics[name]:.4f} is {word} {limits[name]}")
    if main not in metrics:
        return [*refused, f"{main} can't be computed on this test part"]
    sign = 1 if settings.larger_is_better else -1
    baseline = found["baseline"]
    if main in baseline and sign * metrics[main] <= sign * baseline[main]:
        refused.append(f"{main} {metrics[main]:.4f} does not beat the baseline, {baseline[main]:.4f}")
    rivals = {}
    if found["champion"]:
        champion = f"champion (version {found['champion']['version']})"
        rivals[champion] = (found["champion"]["metrics"], gate.tolerance)
    for rival, (theirs, tolerance) in rivals.items():
        if main in theirs and sign * metrics[main] < sign * theirs[main] - tolerance:
            refused.append(f"{main} {metrics[main]:.4f} is worse than that of {rival}, {theirs[main]:.4f}")
    return refused
