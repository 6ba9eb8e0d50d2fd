"""The fewest multiply-adds that any scorer can do, counted from the tokens and the shape of a model.

All contexts, each followed by each of its choices but the choice's last token, are laid into one tree of tokens:
a token that stands after the same tokens as another is the same node, so a context, a shared prefix and a common
beginning of two choices count once. A node is *scored* if a token of a choice comes next. With N nodes, S of
them scored, T(A) the number of nodes that those of A look back on, themselves counted, and width d:

    layers but the last   N (2 d q + 2 d k + m d i) + 2 q T(all)
    last layer            N 2 d k + S (2 d q + m d i) + 2 q T(scored)
    head                  S d v

where q is the width of all query heads, k that of all key heads, i that of the inner layer, m its matrices (three
where it is gated, else two) and v the vocabulary. In the last layer every node needs a key and a value, and
only a scored one the rest. A multiply-add is two floating-point operations. Normalisations,
activations, softmax and embeddings are left out: a share of 100% cannot be reached.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

Pair = tuple[Sequence[int], Sequence[int]]


class Shape(NamedTuple):
    """What of a decoder's configuration counts."""

    layers: int
    width: int
    queries: int
    keys: int
    inner: int
    matrices: int
    vocabulary: int

    @property
    def products(self) -> list[tuple[int, int]]:
        """Widths (from, to) of the matrix products of a layer, as a fast forward would do them."""
        up = (self.matrices - 1) * self.inner
        return [
            (self.width, self.queries + 2 * self.keys),
            (self.queries, self.width),
            (self.width, up),
            (self.inner, self.width),
        ]


class Work(NamedTuple):
    """Nodes of the tree of tokens, and how many they look back on."""

    nodes: int
    scored: int
    looks: int
    scored_looks: int


def shape_of(config: Any) -> Shape:
    """Read the shape off a configuration of GPT-2's or Llama's kind."""
    heads, width = config.num_attention_heads, config.hidden_size
    gated = config.model_type != "gpt2"
    inner = config.intermediate_size if gated else config.n_inner or 4 * width
    head = (getattr(config, "head_dim", None) if gated else None) or width // heads
    keys = head * (config.num_key_value_heads if gated else heads)
    return Shape(config.num_hidden_layers, width, head * heads, keys, inner, 3 if gated else 2, config.vocab_size)


def work_of(pairs: Iterable[Pair]) -> Work:
    """Lay contexts and continuations into one tree and count it."""
    following: dict[tuple[int, int], int] = {}
    depths: list[int] = []
    scored: set[int] = set()
    ends: dict[tuple[int, ...], int] = {}

    def walk(node: int, tokens: Sequence[int]) -> int:
        for token in tokens:
            after = following.get((node, token))
            if after is None:
                after = following[node, token] = len(depths)
                depths.append(1 if node < 0 else depths[node] + 1)
            node = after
        return node

    for context, continuation in pairs:
        key = tuple(context)
        if key not in ends:
            ends[key] = walk(-1, key)
        node = ends[key]
        scored.add(node)
        for token in continuation[:-1]:
            node = walk(node, [token])
            scored.add(node)
    return Work(len(depths), len(scored), sum(depths), sum(depths[node] for node in scored))


def flops(shape: Shape, work: Work) -> float:
    """Floating-point operations of the formula above."""
    own = 2 * shape.width * shape.queries + shape.matrices * shape.width * shape.inner
    kept = 2 * shape.width * shape.keys
    earlier = (shape.layers - 1) * (work.nodes * (own + kept) + 2 * shape.queries * work.looks)
    last = work.nodes * kept + work.scored * own + 2 * shape.queries * work.scored_looks
    return 2.0 * (earlier + last + work.scored * shape.width * shape.vocabulary)
