"""Tests that find likely relatives: programs that look alike, contracts that read alike.

Neither is proof. Two programs of the same shape may do different things, and two contracts of
the same words may ask for different programs; so what they find is put to a person.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.splits.overlap import overlaps

SHINGLE = 5
"""Tokens of a shingle."""
LEAST_TOKENS = 20
"""A shorter program looks like many."""
LEAST_JACCARD = 0.5
LEAST_CONTAINMENT = 0.8
LEAST_COSINE = 0.45
LEAST_WORDS = 3
"""A shorter contract, or one that only points elsewhere, reads like many."""

_WORD = re.compile(r"[a-z]{3,}")
_EXAMPLE = re.compile(r"^\s*(>>>.*|assert .*)$", re.MULTILINE)
_POINTER = re.compile(r"https?://\S+|\w+(?:[.$]\w+)+(?:::\w+)?")
"""An address or the name of a test tells where to read, not what to do."""
_LONGEST = 4000
_COMMON = frozenset(
    _WORD.findall(
        "the and are for that this with from has have its not but all any can each than then "
        "they was were which when where will would should must may into onto over under such "
        "only also other one two given returns return function input inputs output outputs "
        "example examples value values int str string strings list lists number numbers "
        "integer integers arg args argument arguments param parameter parameters result "
        "results note true false none bug bugs report failing tests"
    )
)


@dataclass(frozen=True, slots=True)
class Alike:
    """Two items, by their places, and how alike they are."""

    one: int
    other: int
    evidence: str


def shingles(tokens: Sequence[str]) -> dict[Hashable, float]:
    """The runs of tokens of a program; nothing for one that is too short to tell."""
    if len(tokens) < LEAST_TOKENS:
        return {}
    return {tuple(tokens[n : n + SHINGLE]): 1.0 for n in range(len(tokens) - SHINGLE + 1)}


def alike_programs(programs: Sequence[Sequence[str]]) -> Iterator[list[Alike]]:
    """For each program, given as tokens, what it shares with those before it."""
    bags = [shingles(tokens) for tokens in programs]
    sizes = np.array([len(bag) for bag in bags], dtype=np.float64)
    for at, shared in enumerate(overlaps(bags)):
        jaccard = shared / np.maximum(sizes[:at] + sizes[at] - shared, 1.0)
        contained = shared / np.maximum(np.minimum(sizes[:at], sizes[at]), 1.0)
        is_alike = (jaccard >= LEAST_JACCARD) | (contained >= LEAST_CONTAINMENT)
        yield [
            Alike(n, at, _shape(jaccard[n], contained[n]))
            for n in np.flatnonzero(is_alike).tolist()
        ]


def alike_contracts(texts: Sequence[str], arities: Sequence[int | None]) -> Iterator[list[Alike]]:
    """For each description, those before it that say nearly the same of as many arguments."""
    bags = _weighted([_words(text) for text in texts])
    for at, cosines in enumerate(overlaps(bags)):
        yield [
            Alike(n, at, f"their contracts are {cosines[n]:.0%} alike (by rare words)")
            for n in np.flatnonzero(cosines >= LEAST_COSINE).tolist()
            if arities[n] == arities[at]
        ]


def _shape(jaccard: float, contained: float) -> str:
    return (
        f"they share {jaccard:.0%} of their shape, {contained:.0%} of the smaller one "
        f"(runs of {SHINGLE} tokens, names blinded)"
    )


def _words(text: str) -> Counter[str]:
    plain = _POINTER.sub(" ", _EXAMPLE.sub(" ", text[:_LONGEST])).lower()
    found = Counter(word for word in _WORD.findall(plain) if word not in _COMMON)
    return found if len(found) >= LEAST_WORDS else Counter()


def _weighted(counts: Sequence[Counter[str]]) -> list[Mapping[Hashable, float]]:
    """Rare words weigh more; every text has length 1."""
    n_with = Counter(word for count in counts for word in count)
    bags: list[Mapping[Hashable, float]] = []
    for count in counts:
        raw = {
            word: (1.0 + math.log(n)) * (1.0 + math.log((1 + len(counts)) / (1 + n_with[word])))
            for word, n in count.items()
        }
        length = math.sqrt(sum(weight * weight for weight in raw.values())) or 1.0
        bags.append({word: weight / length for word, weight in raw.items()})
    return bags
