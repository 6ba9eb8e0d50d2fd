"""What goes wrong with a calibrator, said in one sentence."""


class CalibratorError(ValueError):
    """A calibrator cannot be made, fitted, applied, saved or loaded; the text says which and why."""


class InSampleWarning(UserWarning):
    """A calibrator was applied to items that it was fitted on; what comes out looks better than it is."""


class AtBoundWarning(UserWarning):
    """A fit has no optimum at finite parameters: the data are separable, or all wrong."""
