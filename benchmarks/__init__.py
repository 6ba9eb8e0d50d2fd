"""Measured figures, one module a question; ``python -m benchmarks`` runs them all."""
