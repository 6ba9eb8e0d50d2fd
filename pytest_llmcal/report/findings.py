"""What stands in the way of a release, one sentence a gate, for everything that has room for no more."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from pytest_llmcal.records import Gate, Run
from pytest_llmcal.report import wording
from pytest_llmcal.report.summary import BLOCKING, decisive, explained

# Marks that turn the direction of the text around them, so that it reads as something else.
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True)
class Finding:
    """A gate that needs a look.

    Attributes
    ----------
    gate : Gate
        Which.
    blocking : bool
        Whether it keeps its model from release; otherwise it is undecided and was let pass.
    verdict : str
        Its verdict in a word or two.
    sentence : str
        Why, in one line.
    """

    gate: Gate
    blocking: bool
    verdict: str
    sentence: str

    @property
    def title(self) -> str:
        """What was asked of which model, in one line."""
        asked = one_line(wording.title(self.gate.name))
        return asked if self.gate.model is None else f"{asked} ({one_line(self.gate.model)})"


def findings(run: Run) -> list[Finding]:
    """Return the gates that did not pass, and behind them those that were undecided and let pass."""
    blocking = [_finding(gate, blocking=True) for gate in run.gates if gate.outcome in BLOCKING]
    let_pass = [gate for gate in run.gates if gate.outcome == "passed" and gate.verdict == "undecided"]
    return [*blocking, *(_finding(gate, blocking=False) for gate in let_pass)]


def _finding(gate: Gate, *, blocking: bool) -> Finding:
    return Finding(gate, blocking, wording.verdict(gate).word, _sentence(gate))


def _sentence(gate: Gate) -> str:
    record = decisive(gate)
    if record is not None and explained(gate) and gate.outcome != "error":
        return one_line(record.explanation)
    lines = gate.attempts[-1].message.strip().splitlines()
    return one_line(lines[0]) if lines else "No reason was given."


def one_line(text: str, longest: int = 400) -> str:
    r"""Return a text that stays on its line and reads as it is, whatever is in it.

    Parameters
    ----------
    text : str
        Anything, for instance a model's name or an error.
    longest : int
        Characters that are kept; an ellipsis says that there were more.

    Returns
    -------
    str
        White space as single spaces; control characters, lone surrogates and marks that turn the
        direction of writing as escapes.

    Examples
    --------
    >>> one_line("a\n b\x00"), one_line("abcdef", longest=3)
    ('a b\\x00', 'abc…')
    """
    kept = text[: 4 * longest].split()
    shown = "".join(map(_visible, " ".join(kept)))
    return shown if len(shown) <= longest and len(text) <= 4 * longest else f"{shown[:longest]}…"


def _visible(character: str) -> str:
    if character in _TURNING or unicodedata.category(character) in {"Cc", "Cs"}:
        return character.encode("unicode_escape", "surrogatepass").decode("ascii")
    return character
