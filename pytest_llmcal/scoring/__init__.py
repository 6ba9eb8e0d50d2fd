"""A task and a model in, scores out."""
