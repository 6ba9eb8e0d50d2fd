"""A run in, pages out."""
