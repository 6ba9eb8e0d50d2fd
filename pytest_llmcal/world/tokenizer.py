"""The tokenizer of the shipped models: one token a word, and bytes for what the world never says."""

from __future__ import annotations

from functools import cache
from itertools import islice

from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from pytest_llmcal.world.corpus import passages

END_OF_TEXT = "<|endoftext|>"
"""Ends every passage; also pads. As in GPT-2, no token begins a text."""

END_OF_TEXT_ID = 0

_LONGEST_WORD = 10_000
_SAMPLE = 20_000


def build_tokenizer() -> Tokenizer:
    """Build the tokenizer from a sample of the corpus.

    Texts are cut into words by GPT-2's own byte-level rule. A word of the corpus is one token, its
    leading space included; any other word falls apart into the longest known pieces, at worst
    single bytes. So every text can be encoded, and decoding gives it back unchanged.

    Returns
    -------
    tokenizers.Tokenizer
        Always the same.

    Examples
    --------
    >>> tokenizer = build_tokenizer()
    >>> tokenizer.encode(" keeps bees").tokens
    ['Ġkeeps', 'Ġbees']
    >>> tokenizer.decode(tokenizer.encode("Déjà vu, twice!").ids)
    'Déjà vu, twice!'
    """
    tokenizer = Tokenizer(
        models.WordPiece(
            vocab={token: index for index, token in enumerate(_vocabulary())},
            unk_token=END_OF_TEXT,
            continuing_subword_prefix="",
            max_input_chars_per_word=_LONGEST_WORD,
        )
    )
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([END_OF_TEXT])
    return tokenizer


@cache
def _vocabulary() -> tuple[str, ...]:
    """List the end of text first, then the 256 bytes and the words of the corpus, each part in order."""
    cut = pre_tokenizers.ByteLevel(add_prefix_space=False)
    words = {word for passage in islice(passages(seed=0), _SAMPLE) for word, _ in cut.pre_tokenize_str(passage.text)}
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    return (END_OF_TEXT, *alphabet, *sorted(words - set(alphabet)))
