"""Content hashes: one canonical form, so that equal content has an equal name."""

from __future__ import annotations

import hashlib

import msgspec


def digest(value: object) -> str:
    """SHA-256 (hex) of the canonical JSON of a plain value or dataclass."""
    return hashlib.sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()


def short(value: object, n_chars: int = 12) -> str:
    """The first characters of `digest(value)`, for ids that people read."""
    return digest(value)[:n_chars]


def derive_seed(*parts: object) -> int:
    """A 63-bit seed that depends on all parts and nothing else."""
    return int(digest([str(part) for part in parts])[:16], 16) >> 1
