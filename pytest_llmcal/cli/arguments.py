"""Kinds of arguments that several commands take."""

from __future__ import annotations

import argparse
from typing import Any


def positive(text: str) -> int:
    """Read a whole number of at least 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return int(text)


def add_chat(parser: argparse.ArgumentParser) -> None:
    """Add what puts prompts into a conversation, as the options of the same names do in a run of pytest."""
    parser.add_argument("--chat", action="store_true", help="as --llmcal-chat: every prompt is a user's turn")
    parser.add_argument(
        "--system", metavar="TEXT", help="as --llmcal-system: system prompt before it; only with --chat"
    )


def chat_of(options: argparse.Namespace) -> dict[str, Any]:
    """Return what `load_model` is told about it, and nothing where nothing was asked for."""
    return ({"chat": True} if options.chat else {}) | ({} if options.system is None else {"system": options.system})
