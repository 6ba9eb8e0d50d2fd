"""What people, or a given score, found of an answer that was written before."""

from __future__ import annotations

from pytest_llmcal.tasks.errors import TaskError
from pytest_llmcal.tasks.open_items import OpenItem


def judged(text: str, item: OpenItem) -> float:
    """Return the judgement of the item's answer, which says nothing of any other answer.

    Parameters
    ----------
    text : str
        The answer: that which was judged, white space around it apart.
    item : OpenItem
        What was asked, with the answer that was judged.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    TaskError
        The item has no judgement, or the answer is another.

    Examples
    --------
    >>> judged(" With joy!", OpenItem("1", "Dance with me?", judged="With joy!", judgement=0.75))
    0.75
    """
    if item.judged is None or item.judgement is None:
        raise TaskError(f"item {item.id!r}: correctness 'judged' needs an answer that was judged, and there is none")
    if text.strip() != item.judged.strip():
        raise TaskError(
            f"item {item.id!r}: the judgement is about {item.judged!r}, and the model wrote {text!r}; "
            f"correctness 'judged' is for recorded answers that were judged (a model 'recorded:FILE')"
        )
    return item.judgement
