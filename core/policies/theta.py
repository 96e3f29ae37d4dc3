"""The weights of the built-in policy: its whole model file."""

from __future__ import annotations

import math
from dataclasses import dataclass

import msgspec

from core.digest import digest
from core.errors import UsageError
from core.policies.features import FEATURES, LOG_FAMILY_COUNT


@dataclass(frozen=True, slots=True)
class Theta:
    """One weight for each feature."""

    features: tuple[str, ...]
    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        if self.features != FEATURES:
            strange = sorted(set(self.features) ^ set(FEATURES))
            raise UsageError(
                "The weights were made for other features than this version has "
                f"({len(self.features)} against {len(FEATURES)}"
                f"{'; first difference: ' + strange[0] if strange else '; the order differs'}). "
                "Train them again."
            )
        if len(self.weights) != len(FEATURES) or not all(map(math.isfinite, self.weights)):
            raise UsageError(f"The weights must be {len(FEATURES)} finite numbers.")

    @property
    def hash(self) -> str:
        """Content hash, the same on every machine."""
        return digest(self)

    def to_json(self) -> str:
        """The weights as a file; `from_json` gives an equal value back."""
        return msgspec.json.encode(self).decode()

    @classmethod
    def from_json(cls, text: str) -> Theta:
        """Read weights; raises `UsageError` for any other text or other features."""
        try:
            return msgspec.json.decode(text, type=cls)
        except msgspec.ValidationError as error:
            raise (
                error.__cause__
                if isinstance(error.__cause__, UsageError)
                else UsageError(f"The weights file cannot be read: {error}")
            ) from error
        except msgspec.DecodeError as error:
            raise UsageError(f"The weights file cannot be read: {error}") from error


BASE_THETA = Theta(FEATURES, tuple(-1.0 if name == LOG_FAMILY_COUNT else 0.0 for name in FEATURES))
"""The untrained policy: every family of edits is equally likely, and every edit within one."""
