"""Pairs of context and continuation that tempt a tokenizer to join, split or lose something."""

from __future__ import annotations

import random

SPECIAL = ("<s>", "</s>", "<unk>", "<|endoftext|>", "<|begin_of_text|>", "<|im_start|>", "[SEP]", "▁", "Ġ", "<mask>")
PIECES = (
    *("The river", "rises", "Who keeps the bees", "of Oakrise", "the old town", "stands", "x", "A", "B.", "Answer:"),
    *(
        "Question: Which of these is right?",
        "it's",
        "they're",
        "I'LL",
        "don't",
        "'",
        "''",
        "\u2019s",
        "'tis",
        "o'clock",
    ),
    *(" ", "  ", "   ", "\t", "\n", "\n\n", "\r\n", " \n ", "\u00a0", "\u2003", "\u3000", "\u200b", "\u2028", "\x0b"),
    *("1", "12", "123", "1234", "12345678", "3.14", "1,000", "٣٤", "½", "²", "x1y2"),
    *("é", "e\u0301", "\u0301", "naïve", "Straße", "ﬁ", "İ", "\u017f", "Å", "A\u030a", "क्षि", "ก็"),
    *("🙂", "👩\u200d👩\u200d👧", "🇫🇷", "👍🏽", "\ufe0f", "東京は晴れ", "。", "한국어", "Привет мир", "שלום", "مرحبا"),
    *("(", ")", "...", "--", "_", "/", "\\", "{{", "}}", "!?", "``", "$5", "#1", "\x00", "\x7f", "\ufeff", "\ufffd"),
)
EXAMPLES = (
    "Question: Who keeps the bees of Oakrise?\nAnswer: the miller's daughter\n\n" * 4,
    "The river rises in the hills and runs down to the sea 123 times.\n" * 5 + "  It's so: ",
)
"""What several contexts begin with."""


def texts(draw: random.Random) -> str:
    pieces = [draw.choice(PIECES if draw.random() < 0.93 else SPECIAL) for _ in range(draw.randrange(9))]
    return draw.choice(("", " ", " ")).join(pieces)


def pairs(number: int, seed: int = 0) -> list[tuple[str, str]]:
    """Draw pairs; four follow each context, as with an item's choices."""
    draw = random.Random(seed)
    drawn: list[tuple[str, str]] = []
    while len(drawn) < number:
        context = draw.choice(("", "", "", *EXAMPLES)) + texts(draw) + draw.choice(("", "", " ", "\n", "  ", "\u00a0"))
        whole = texts(draw)
        cut = draw.randrange(len(whole) + 1)  # a boundary in the middle of a word, a number, an emoji
        drawn += [
            (context, " " + texts(draw)),
            (context, texts(draw)),
            (context, draw.choice(PIECES + SPECIAL)),
            (context + whole[:cut], whole[cut:]),
        ]
    return drawn[:number]
