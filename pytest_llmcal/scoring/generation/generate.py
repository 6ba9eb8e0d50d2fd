"""``generate``: a model's own texts after items' prompts."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_llmcal.scoring.progress import ProgressLine
from pytest_llmcal.scoring.protocol import (
    GeneratingModel,
    Generation,
    GenerationOptions,
    Model,
    ModelError,
    Progress,
    Prompts,
)
from pytest_llmcal.tasks import Items, Task


def generate(
    model: Model, items: Task | Items | Prompts, options: GenerationOptions, *, progress: Progress | bool = True
) -> Sequence[Sequence[Generation]]:
    """Let a model continue prompts.

    Parameters
    ----------
    model : Model
        What `load_model` gives, or anything that offers the same.
    items : Task, Items or sequence
        Questions, whose choices play no part, or pairs ``(id, text)``; of a task, its test split.
    options : GenerationOptions
        How long, where to stop, greedy or drawn, how many for each.
    progress : callable or bool
        Called with (done, all) as texts are completed. By default a line on standard error says how far the work is
        once it takes over two seconds; False turns it off.

    Returns
    -------
    list of list of Generation
        For each prompt, in the order given, ``options.samples`` texts.

    Raises
    ------
    ModelError
        The model does not generate, two prompts share an id, or one is too long.

    Examples
    --------
    >>> from pytest_llmcal import load_model, load_task
    >>> model = load_model("world/gpt2", device="cpu")
    >>> [[best]] = generate(model, load_task("world/qa", limit=1), GenerationOptions(max_tokens=8, stop="."))
    >>> best.text.startswith(" "), best.finish_reason
    (True, 'stop')
    """
    if not isinstance(model, GeneratingModel):
        raise ModelError(
            f"model {model.facts.name!r} does not generate: it has no method generate(prompts, options, progress)"
        )
    if isinstance(items, Task):
        items = items.test
    if progress is not True:
        return model.generate(items, options, progress if callable(progress) else None)
    with ProgressLine(f"{model.facts.name} generates") as line:
        return model.generate(items, options, line)
