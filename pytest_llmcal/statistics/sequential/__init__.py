"""Decisions on growing data: when to look, and what each look may cost."""
