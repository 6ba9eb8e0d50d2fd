"""What to say where a baseline was recorded on other items than those of now."""

from __future__ import annotations

from collections.abc import Collection


def refusal(
    source: str, what: str, then: str, now: str, ids_then: Collection[str] | None, ids_now: Collection[str] | None
) -> str:
    """Return the sentence that refuses to compare, with what differs and what to do.

    Parameters
    ----------
    source, what : str
        The baseline, and the measurement that was asked of it.
    then, now : str
        Fingerprints of the items.
    ids_then, ids_now : collection of str or None
        Ids of the items, where they are known. Items of the same ids are the same questions, put otherwise.

    Examples
    --------
    >>> refusal("base.json", "ece", "12ab", "34cd", ["a", "b"], ["b", "a"]).partition(",")[0]
    'base.json has ece on the same questions under another prompt (fingerprint 12ab'
    """
    which, do, more = "on other items", "on the items of then", ""
    if ids_then is None or ids_now is None:
        do = "on the items and with the prompt of then"
    elif set(ids_then) == set(ids_now):
        which, do = "on the same questions under another prompt", "with the prompt of then"
    else:
        more = f"; {len(set(ids_then) & set(ids_now))} of {len(ids_then)} are the same"
    return (
        f"{source} has {what} {which} (fingerprint {then}, now {now}{more}), so the two cannot be compared. "
        f"Gate {do}, or record a new baseline as it is now"
    )
