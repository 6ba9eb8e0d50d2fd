"""Models to test the tests on: confidences of many shapes, and how often their answers are right."""

from __future__ import annotations

import numpy as np

CONFIDENCES = {
    "spread": lambda generator, n: generator.beta(5.0, 1.5, n),
    "ties": lambda generator, n: generator.choice([0.5, 0.7, 0.8, 0.9, 0.95], n),
    "near one": lambda generator, n: 1.0 - generator.beta(1.0, 150.0, n),
}


def odds_to_the(power):
    return lambda confidence: 1.0 / (1.0 + (1.0 / confidence - 1.0) ** power)


def answers(shape, n, seed, accuracy=lambda confidence: confidence):
    generator = np.random.default_rng(seed)
    confidence = CONFIDENCES[shape](generator, n)
    return confidence, generator.random(n) < accuracy(confidence)
