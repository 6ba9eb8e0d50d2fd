"""Tokenizers of many families, each trained on a few sentences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

from tests.scoring.conftest import SENTENCES, byte_level, sentence_piece

TEXTS = [*SENTENCES, "Who keeps the bees of Oakrise? It's 1234 of 12, they're x1y2, don't.  (A) ABC XYZ", "QJK qjk wvz"]

LLAMA_3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN_2 = LLAMA_3.replace("{1,3}", "")
GPT_4O = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
DEEPSEEK = (
    r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
).replace(r"\"", '"')


def fast(tokenizer: Tokenizer, **special: Any) -> Any:
    from transformers import PreTrainedTokenizerFast

    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special)


def of_bytes(*cuts: Any, bos: str | None = None, normalizer: Any = None, **options: Any) -> Any:
    tokenizer = Tokenizer(models.BPE())
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    if cuts:
        last = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence([*cuts, last])
    else:
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(**{"add_prefix_space": False} | options)
    special = ["<|endoftext|>"] + ([bos] if bos else [])
    trainer = trainers.BpeTrainer(
        vocab_size=500,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(TEXTS, trainer)
    if bos:
        tokenizer.post_processor = processors.TemplateProcessing(f"{bos} $A", f"{bos} $A {bos} $B", [(bos, 1)])
    begin = {"bos_token": bos} if bos else {}
    return fast(tokenizer, eos_token="<|endoftext|>", **begin)


def split(pattern: str) -> Any:
    return pre_tokenizers.Split(Regex(pattern), "isolated")


def neox() -> Any:
    """Runs of spaces are added tokens."""
    tokenizer = of_bytes(normalizer=normalizers.NFC())
    tokenizer.backend_tokenizer.add_tokens([AddedToken(" " * spaces, normalized=True) for spaces in range(2, 8)])
    return tokenizer


def roberta() -> Any:
    """A space in front of every text, and a token that takes the space before it."""
    tokenizer = of_bytes(add_prefix_space=True)
    tokenizer.backend_tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True)])
    return tokenizer


def llama_2(pre_tokenizer: Any, normalizer: Any = None, model: Any = None, trainer: Any = None) -> Any:
    """A mark for each space and one in front, bytes for what is unknown, ``<s>`` at the beginning."""
    special = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    tokenizer = Tokenizer(model or models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    # trained on words, as SentencePiece does
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    kind = trainer or trainers.BpeTrainer
    options = {"unk_token": "<unk>"} if trainer else {}
    tokenizer.train_from_iterator(TEXTS, kind(vocab_size=600, special_tokens=special, show_progress=False, **options))
    # a sequence of none splits nothing
    tokenizer.pre_tokenizer = pre_tokenizer or pre_tokenizers.Sequence([])
    tokenizer.post_processor = processors.TemplateProcessing("<s> $A", "<s> $A <s> $B", [("<s>", 1)])
    return fast(tokenizer, unk_token="<unk>", bos_token="<s>", eos_token="</s>", add_bos_token=True)


def legacy() -> Any:
    """Llama 2 as older versions of ``transformers`` wrote it: nothing splits, a normalizer puts the mark in front."""
    tokenizer = llama_2(None)
    tokenizer.backend_tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
    )
    return tokenizer


def gemma() -> Any:
    """Marks by a normalizer, none in front, and a pre-tokenizer that finds no space any more."""
    tokenizer = llama_2(pre_tokenizers.Split(" ", "merged_with_previous"))
    tokenizer.backend_tokenizer.normalizer = normalizers.Replace(" ", "▁")
    return tokenizer


def unigram(pre_tokenizer: Any) -> Any:
    return llama_2(pre_tokenizer, normalizers.NFKC(), models.Unigram(), trainers.UnigramTrainer)


def word_piece() -> Any:
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(vocab_size=400, special_tokens=["[UNK]", "[CLS]", "[SEP]"], show_progress=False)
    tokenizer.train_from_iterator(TEXTS, trainer)
    return fast(tokenizer, unk_token="[UNK]", sep_token="[SEP]", eos_token="[SEP]")


def metaspace(**options: Any) -> Any:
    return pre_tokenizers.Metaspace(**options)


MANY: dict[str, Callable[[], Any]] = {
    "GPT-2": byte_level,
    "GPT-NeoX": neox,
    "GPT-4o": lambda: of_bytes(split(GPT_4O)),
    "RoBERTa": roberta,
    "Llama 3": lambda: of_bytes(split(LLAMA_3), bos="<|begin_of_text|>"),
    "Qwen 2": lambda: of_bytes(split(QWEN_2), normalizer=normalizers.NFC()),
    "DeepSeek": lambda: of_bytes(split(r"\p{N}{1,3}"), split("[一-龥\u3040-ゟ゠-ヿ]+"), split(DEEPSEEK)),  # noqa: RUF001
    "StarCoder": lambda: of_bytes(
        pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)
    ),
    "Llama 2": sentence_piece,
    "Llama 2, nothing split": lambda: llama_2(metaspace(prepend_scheme="first", split=False)),
    "Llama 2, legacy": legacy,
    "Gemma": gemma,
    "T5": lambda: unigram(metaspace(prepend_scheme="always")),
    "BERT": word_piece,
}
"""Judged fit to be cut."""


def merged_across() -> Any:
    """Nothing splits, and words were joined in training."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    trainer = trainers.BpeTrainer(vocab_size=400, special_tokens=["<unk>"], show_progress=False)
    tokenizer.train_from_iterator(TEXTS, trainer)
    return fast(tokenizer, unk_token="<unk>", eos_token="<unk>")


def with_token(content: str, **options: Any) -> Any:
    tokenizer = byte_level()
    tokenizer.backend_tokenizer.add_tokens([AddedToken(content, **options)])
    return tokenizer


def normalized(normalizer: Any) -> Any:
    tokenizer = byte_level()
    tokenizer.backend_tokenizer.normalizer = normalizer
    return tokenizer


def with_dropout() -> Any:
    tokenizer = byte_level()
    tokenizer.backend_tokenizer.model.dropout = 0.1
    return tokenizer


UNFIT: dict[str, Callable[[], Any]] = {
    "merges across words": merged_across,
    "Unigram, nothing split": lambda: unigram(metaspace(split=False)),
    "a pattern that looks back": lambda: of_bytes(split(r"(?<=\w)\s|\s+|\p{L}+")),
    "a pattern with a letter and a space": lambda: of_bytes(split(r"\p{L}+ |\s+")),
    "an added token with a space inside": lambda: with_token("old town"),
    "an added token of whole words": lambda: with_token("town", single_word=True),
    "an added token that takes the space behind it": lambda: with_token("town", rstrip=True),
    "a normalizer that joins words": lambda: normalized(normalizers.Replace("d t", "dt")),
    "a normalizer of an unknown pattern": lambda: normalized(normalizers.Replace(Regex(r"\w \w"), "x")),
    "a normalizer that puts a plain space in front": lambda: normalized(normalizers.Prepend(" ")),
    "a normalizer that strips": lambda: normalized(normalizers.Strip()),
    "a normalizer that takes letters away": lambda: normalized(normalizers.Replace("t", "")),
    "merges left out at random": with_dropout,
}
"""Not to be cut."""
