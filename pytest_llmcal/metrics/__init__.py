"""Arrays in, numbers out: metrics over confidences and correctness, with numpy and scipy alone.

Arrays are trusted here; ``Scores`` has checked them.
"""
