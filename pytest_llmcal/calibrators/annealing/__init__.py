"""Simulated annealing: a calibrator that minimises whatever metric it is given."""
