"""What goes wrong with a task, said in one sentence."""


class TaskError(ValueError):
    """A task, its file or one of its items is not usable; the text says which and why."""


class TaskWarning(UserWarning):
    """A task is usable but for some of its rows, which are left out; the text says how many and why."""
