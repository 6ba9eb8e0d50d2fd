"""Calibrators: maps fitted on one split and applied to another."""
