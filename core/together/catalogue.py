"""What Together offers today: models, machines and their prices, as plain records.

Fields that a service leaves out stay unknown; names it uses that are not known here are kept
as they come.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.errors import ServiceError
from core.text import clean
from core.together.client import Connection
from core.together.failures import checked, listed, service

SERVERLESS, DEDICATED, TUNING = "PRODUCT_SERVERLESS", "PRODUCT_DEDICATED", "PRODUCT_FINE_TUNING"
_SHARES = frozenset({"ADAPTER_MODE_FIXED", "ADAPTER_MODE_DYNAMIC"})
_STATUS = "SUPPORTED_MODEL_STATUS_"
_MACHINE = re.compile(r"(\d+)x(?:nvidia-)?([a-z0-9]+)-(\d+)gb", re.IGNORECASE)
_MISSING = 404


@dataclass(frozen=True, slots=True)
class Profile:
    """One certified way to serve a model on machines of its own."""

    config: str
    """`projects/{p}/configs/{cr}`."""
    model: str
    """`projects/{p}/models/{ml}[/revisions/{rv}]`."""
    machine: str
    """Name of the instance type, `1xnvidia-h100-80gb`."""
    quantization: str
    adapter_mode: str

    @property
    def takes_adapters(self) -> bool:
        """Whether a running deployment can load adapters beside the base model."""
        return self.adapter_mode in _SHARES


@dataclass(frozen=True, slots=True)
class OfferedModel:
    """A model of the catalogue; prices in micro-dollars per million tokens."""

    name: str
    status: str
    """`RECOMMENDED`, `SUPPORTED`, `DEPRECATED`, `HIDDEN`, or a word of the service's own."""
    products: tuple[str, ...]
    context_length: int | None
    features: tuple[str, ...]
    prompt: int | None
    completion: int | None
    cached: int | None
    base_model_id: str
    profiles: tuple[Profile, ...]


@dataclass(frozen=True, slots=True)
class Machine:
    """An instance type that one replica runs on."""

    name: str
    accelerator: str
    """As the price book names it: `H100-80GB`."""
    n_accelerators: int
    per_hour_microusd: int
    """Of one replica."""
    regions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything on offer, by name."""

    models: dict[str, OfferedModel] = field(default_factory=dict)
    tunable: frozenset[str] = frozenset()
    machines: dict[str, Machine] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TuningLimits:
    """What a fine-tune of a model may be."""

    max_seq_length_sft: int | None
    max_seq_length_dpo: int | None
    min_batch_size: int | None
    max_batch_size_dpo: int | None
    max_rank: int | None
    supports_reasoning: bool | None
    supports_tools: bool | None


async def read_catalogue(here: Connection) -> Catalogue:
    """Ask for models, tunable models and machines."""
    what = "the catalogue could not be read"
    found = await listed(here.library, what, here.read.models.list_supported(limit=100))
    models = [_model(each) for each in found]
    machines = await read_machines(here)
    with service(here.library, what):
        tunable = await here.read.get("/v1/fine-tunes/models/supported", cast_to=object)
    return Catalogue(
        models={model.name: model for model in models if model.name},
        tunable=_names(tunable),
        machines=machines,
    )


async def read_machines(here: Connection) -> dict[str, Machine]:
    """Instance types that have a price, by name."""
    what = "the machines could not be listed"
    with service(here.library, what):
        found = checked(what, await here.read.endpoints.hardware.list(), "data")
    offered = [_machine(each) for each in found.data]
    return {machine.name: machine for machine in offered if machine is not None}


async def read_limits(here: Connection, model: str) -> TuningLimits | None:
    """The limits of fine-tuning a model; None when it cannot be tuned."""
    what = f"the limits of {model} could not be read"
    try:
        with service(here.library, what):
            found = checked(what, await here.read.fine_tuning.model_limits(model_name=model))
    except ServiceError as error:
        if error.status == _MISSING:
            return None
        raise
    lora = getattr(found, "lora_training", None)
    return TuningLimits(
        max_seq_length_sft=_whole(found, "max_seq_length_sft"),
        max_seq_length_dpo=_whole(found, "max_seq_length_dpo"),
        min_batch_size=_whole(lora, "min_batch_size"),
        max_batch_size_dpo=_whole(lora, "max_batch_size_dpo"),
        max_rank=_whole(lora, "max_rank"),
        supports_reasoning=_claim(found, "supports_reasoning"),
        supports_tools=_claim(found, "supports_tools"),
    )


def accelerator(machine: str) -> tuple[str, int]:
    """How the price book names what a machine is made of, and how many it has."""
    found = _MACHINE.fullmatch(machine)
    if found is None:
        return machine, 1
    n, name, memory = found.groups()
    return f"{name.upper()}-{memory}GB", int(n)


def _model(raw: Any) -> OfferedModel:
    prices = getattr(raw, "pricing", None)
    length = _text(raw, "context_length")
    return OfferedModel(
        name=_text(raw, "name"),
        status=_text(raw, "status").removeprefix(_STATUS),
        products=_texts(raw, "products"),
        context_length=int(length) if length.isascii() and length.isdigit() else None,
        features=_texts(raw, "features"),
        prompt=_microusd(prices, "input"),
        completion=_microusd(prices, "output"),
        cached=_microusd(prices, "cached_input"),
        base_model_id=_text(raw, "base_model_id"),
        profiles=tuple(_profile(each) for each in getattr(raw, "deployment_profiles", None) or ()),
    )


def _profile(raw: Any) -> Profile:
    count, kind = _whole(raw, "gpu_count") or 1, _text(raw, "gpu_type")
    return Profile(
        config=_text(raw, "config"),
        model=_text(raw, "model"),
        machine=kind if _MACHINE.fullmatch(kind) else f"{count}x{kind}",
        quantization=_text(raw, "quantization"),
        adapter_mode=_text(raw, "adapter_mode"),
    )


def _machine(raw: Any) -> Machine | None:
    """None without a price: what it costs must be known."""
    name = _text(raw, "name")
    cents = _whole(raw, "price_cents_per_hour")
    if not name or cents is None:
        return None
    kind, n = accelerator(name)
    return Machine(
        name=name,
        accelerator=kind,
        n_accelerators=_whole(raw, "gpu_count") or n,
        per_hour_microusd=10_000 * cents,
        regions=tuple(_text(region, "name") for region in getattr(raw, "regions", None) or ()),
    )


def _names(answer: Any) -> frozenset[str]:
    given = answer.get("models") if isinstance(answer, Mapping) else None
    return frozenset(clean(name) for name in given or () if isinstance(name, str))


def _text(owner: Any, name: str) -> str:
    value = getattr(owner, name, None)
    return clean(value) if isinstance(value, str) else ""


def _texts(owner: Any, name: str) -> tuple[str, ...]:
    values = getattr(owner, name, None)
    given = values if isinstance(values, list) else []
    return tuple(clean(value) for value in given if isinstance(value, str))


def _whole(owner: Any, name: str) -> int | None:
    value = getattr(owner, name, None)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        return None
    return value


def _claim(owner: Any, name: str) -> bool | None:
    value = getattr(owner, name, None)
    return value if isinstance(value, bool) else None


def _microusd(owner: Any, name: str) -> int | None:
    """Dollars per million tokens as micro-dollars per million tokens."""
    value = getattr(owner, name, None)
    if not isinstance(value, int | float) or isinstance(value, bool) or not value >= 0:
        return None
    return round(value * 1_000_000)
