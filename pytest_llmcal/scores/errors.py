"""What goes wrong with scores, said in one sentence."""


class ScoresError(ValueError):
    """Scores, or a question put to them, are not usable; the text says what came, where, and what is allowed."""
