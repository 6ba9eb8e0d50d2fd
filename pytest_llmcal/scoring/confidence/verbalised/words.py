"""Words of estimative probability, and what people take them for."""

from __future__ import annotations

WORDS = {
    "almost certain": 0.95,
    "almost certainly": 0.95,
    "highly likely": 0.90,
    "very likely": 0.90,
    "very good chance": 0.80,
    "probably": 0.75,
    "likely": 0.70,
    "probable": 0.70,
    "better than even": 0.60,
    "about even": 0.50,
    "probably not": 0.265,
    "unlikely": 0.20,
    "improbable": 0.15,
    "little chance": 0.15,
    "chances are slight": 0.10,
    "highly unlikely": 0.05,
    "very unlikely": 0.05,
    "almost no chance": 0.02,
}
"""Medians of what 46 people answered to "What probability would you assign to the phrase ...?" (zonination,
"Perceptions of Probability and Numbers", github.com/zonination/perceptions), a survey after Sherman Kent, "Words of
Estimative Probability", Studies in Intelligence 8, 1964. "Very" is read as "highly". "Certain" and "impossible" are
missing on purpose: nobody was asked what they mean, and 1 and 0 are what the log-likelihood never forgives."""

OFFERED = (
    "almost certain",
    "highly likely",
    "very good chance",
    "better than even",
    "about even",
    "unlikely",
    "little chance",
    "highly unlikely",
    "almost no chance",
)
"""Phrases that a model is offered, from sure to unsure."""
