"""Tests of the hypothesis that a model is calibrated, one a file, and how each gets its p-value.

A p-value above the level proves nothing: it says that these items do not refute calibration.
"""
