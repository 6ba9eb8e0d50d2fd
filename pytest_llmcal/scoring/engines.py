"""What an engine offers: where models are loaded and run, when that is not in this process."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from pytest_llmcal.scoring.protocol import Model


class Engine(Protocol):
    """Loads models that run elsewhere."""

    def resolved(self, device: str, dtype: str) -> tuple[str, str]:
        """Return kind of device and precision that models will have there, ``"auto"`` worked out.

        Raises
        ------
        ModelError
            There is no such device, or no such precision.
        """
        ...

    def load(self, name: str | Path, **options: Any) -> Model:
        """Load a model there, with the options of ``load_model``."""
        ...
