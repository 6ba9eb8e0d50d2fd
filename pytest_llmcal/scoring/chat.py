"""Prompts as a user's turn of a conversation, written by the tokenizer's own chat template."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pytest_llmcal.scoring.protocol import ModelError

_PROBE = "Who keeps the bees of Oakrise?"


class Chat:
    """A chat template, ready to render prompts.

    Parameters
    ----------
    tokenizer : transformers.PreTrainedTokenizerBase
        Its ``chat_template`` is used.
    system : str or None
        System prompt before the user's turn.

    Attributes
    ----------
    template : str
        The Jinja2 template.
    system : str or None
        As given.

    Raises
    ------
    ModelError
        There is no template, or it leaves out the prompt or the system prompt.
    """

    def __init__(self, tokenizer: Any, system: str | None = None) -> None:
        self._tokenizer = tokenizer
        self._name = str(tokenizer.name_or_path)
        self.system = system
        self.template = self._found()
        self._check()

    def _found(self) -> str:
        try:
            return str(self._tokenizer.get_chat_template())
        # transformers raises a ValueError of its own; of several templates none may be the default
        except ValueError as error:
            if self._tokenizer.chat_template:
                raise ModelError(f"tokenizer of {self._name!r}: {str(error).partition(chr(10))[0]}") from error
            folder = Path(self._name)
            raise ModelError(
                f"chat was asked for, and the tokenizer of {self._name!r} has no chat template: neither a file "
                f"{folder / 'chat_template.jinja'} nor 'chat_template' in {folder / 'tokenizer_config.json'}; "
                f"is it a base model? Those are prompted without chat (--llmcal-chat)"
            ) from error

    def _check(self) -> None:
        """Make sure that a template, which may do what it likes, writes what it is given."""
        rendered = self.rendered(_PROBE)
        for text, title in ((_PROBE, "prompt"), (self.system, "system prompt")):
            if text is not None and text.strip() not in rendered:
                raise ModelError(f"the chat template of {self._name!r} leaves out the {title} {text!r}: {rendered!r}")

    def rendered(self, prompt: str) -> str:
        """Return the conversation up to where the model's answer begins.

        Raises
        ------
        ModelError
            The template refuses.
        """
        system = [] if self.system is None else [{"role": "system", "content": self.system}]
        try:
            return str(
                self._tokenizer.apply_chat_template(
                    [*system, {"role": "user", "content": prompt}], tokenize=False, add_generation_prompt=True
                )
            )
        # a template calls what it likes, and may raise on purpose, say because it knows no system prompt
        except Exception as error:
            at = "" if self.system is None else ", with a system prompt"
            raise ModelError(
                f"the chat template of {self._name!r} cannot be rendered{at}: {type(error).__name__}: {error}"
            ) from error
