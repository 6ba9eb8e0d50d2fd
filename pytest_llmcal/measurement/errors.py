"""What goes wrong with a measurement, said in one sentence."""


class MeasurementError(ValueError):
    """A measurement or its limit is not usable; the text says which number came and what is allowed."""
