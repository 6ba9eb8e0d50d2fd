"""What goes wrong with a run on disk, said in one sentence."""


class RunError(ValueError):
    """A file is not a run that this version can read; the text says why."""
