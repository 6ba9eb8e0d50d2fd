"""What goes wrong with a calibrator, said in one sentence."""


class CalibratorError(ValueError):
    """A calibrator cannot be made, fitted, applied, saved or loaded; the text says which and why."""
