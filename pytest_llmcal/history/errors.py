"""What goes wrong where runs meet, each said in one sentence that says what to do."""


class ItemFileError(ValueError):
    """A file does not hold item scores that this version can read; the text says why."""


class BaselineError(ValueError):
    """A baseline cannot answer or cannot be updated; the text says why and what to do."""


class ComparisonError(ValueError):
    """Two runs cannot be compared; the text says why and what to do."""
