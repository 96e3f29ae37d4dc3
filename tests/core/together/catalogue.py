"""The part of the loopback service that lists models, machines and what they cost."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.core.together.account import OWNER, Account
from tests.core.together.http import Answer
from tests.core.together.service import Call, Routes

STAMP = "2026-10-01T00:00:00Z"
H100, B200 = "1xnvidia-h100-80gb", "1xnvidia-b200-180gb"
ALL = ("PRODUCT_SERVERLESS", "PRODUCT_DEDICATED", "PRODUCT_FINE_TUNING")


@dataclass(slots=True)
class Listed:
    """One model of the catalogue."""

    name: str
    products: tuple[str, ...] = ALL
    status: str = "SUPPORTED_MODEL_STATUS_SUPPORTED"
    context_length: str | None = "262144"
    pricing: dict[str, float] | None = None
    base_model_id: str = ""
    profiles: tuple[tuple[str, str], ...] = ()
    """Instance type and adapter mode of each deployment profile."""


@dataclass(slots=True)
class Shop:
    """What is on offer; a test changes it as it likes."""

    models: list[Listed] = field(default_factory=list)
    machines: dict[str, int] = field(default_factory=lambda: {H100: 399, B200: 899})
    """Cents per hour by instance type."""
    limits: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Tuning limits by model, over the usual ones."""
    n_page: int = 2
    """Models on a page, whatever is asked for."""

    def find(self, name: str) -> Listed | None:
        """A model by its name."""
        return next((model for model in self.models if model.name == name), None)

    def config_id(self, model: Listed, machine: str) -> str:
        """The configuration that serves a model on a machine."""
        return f"cr_{model.base_model_id}_{machine}"


def catalogue(account: Account, shop: Shop, *, serves_limits: bool = True) -> Routes:
    """Supported models, the plain list, machines, configurations and the tunable ones."""

    async def supported(call: Call) -> Answer:
        product = call.query.get("product")
        found = [m for m in shop.models if product is None or product in m.products]
        start = int(call.query.get("after", "0"))
        rows = [_model(shop, m) for m in found[start : start + shop.n_page]]
        end = start + shop.n_page
        cursor = str(end) if end < len(found) else None
        return Answer.of_json({"object": "list", "data": rows, "next_cursor": cursor})

    async def one_machine(call: Call) -> Answer:
        return Answer.of_json(_machine(call.names["id"], shop.machines[call.names["id"]]))

    async def machines(call: Call) -> Answer:
        rows = [_machine(name, cents) for name, cents in shop.machines.items()]
        return Answer.of_json({"object": "list", "data": rows, "next_cursor": None})

    async def plain(call: Call) -> Answer:
        rows = [
            {"id": m.name, "object": "model", "created": 1_764_000_000, "type": "chat"}
            for m in shop.models
        ]
        return Answer.of_json(rows)

    async def tunable(call: Call) -> Answer:
        names = [m.name for m in shop.models if "PRODUCT_FINE_TUNING" in m.products]
        return Answer.of_json({"models": names})

    async def configs(call: Call) -> Answer:
        wanted = call.query.get("referenceModelId")
        rows = [
            _config(shop, m, machine, mode)
            for m in shop.models
            for machine, mode in m.profiles
            if wanted in (None, m.base_model_id)
        ]
        return Answer.of_json({"object": "list", "data": rows, "next_cursor": None})

    async def limits(call: Call) -> Answer:
        name = call.query["model_name"]
        model = shop.find(name)
        if model is None or "PRODUCT_FINE_TUNING" not in model.products:
            return Answer.of_json({"message": f"model {name} is not supported"}, 404)
        return Answer.of_json({**usual_limits(name), **shop.limits.get(name, {})})

    routes = Routes()
    routes.add("GET", "/v2/supported-models", supported)
    routes.add("GET", "/v2/public/inference-instance-types", machines)
    routes.add("GET", "/v2/public/inference-instance-types/{id}", one_machine)
    routes.add("GET", "/v1/models", plain)
    routes.add("GET", "/v1/fine-tunes/models/supported", tunable)
    routes.add("GET", "/v2/projects/{project}/configs", configs)
    if serves_limits:
        routes.add("GET", "/v1/fine-tunes/models/limits", limits)
    return routes


def usual_limits(name: str) -> dict[str, Any]:
    """Tuning limits as the service words them."""
    lora = {
        "default_rank": 64,
        "max_rank": 64,
        "max_batch_size": 8,
        "max_batch_size_dpo": 8,
        "min_batch_size": 8,
        "target_modules": ["q_proj", "k_proj"],
    }
    return {
        "model_name": name,
        "default_gradient_accumulation_steps": 1,
        "lora_training": lora,
        "min_learning_rate": 1e-9,
        "max_learning_rate": 0.1,
        "max_num_epochs": 20,
        "max_num_evals": 100,
        "max_num_checkpoints": 10,
        "max_seq_length_sft": 65536,
        "max_seq_length_dpo": 49152,
        "min_max_seq_length": 4096,
        "merge_output_lora": True,
        "supports_full_training": True,
        "supports_reasoning": True,
        "supports_tools": True,
        "supports_vision": False,
    }


def _model(shop: Shop, model: Listed) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": f"arch_{model.name}",
        "name": model.name,
        "displayName": model.name,
        "displayType": "chat",
        "publisher": model.name.split("/")[0],
        "baseModel": f"projects/{OWNER}/models/{model.base_model_id}",
        "baseModelId": model.base_model_id,
        "capabilities": ["CAPABILITY_CHAT"],
        "inputModalities": ["MODALITY_TEXT"],
        "outputModalities": ["MODALITY_TEXT"],
        "products": list(model.products),
        "status": model.status,
        "createdAt": STAMP,
        "updatedAt": STAMP,
        "deploymentProfiles": [_profile(shop, model, *each) for each in model.profiles],
    }
    if model.context_length is not None:
        row["contextLength"] = model.context_length
    if model.pricing is not None:
        row["pricing"] = model.pricing
    return row


def _profile(shop: Shop, model: Listed, machine: str, mode: str) -> dict[str, Any]:
    count, _, kind = machine.partition("x")
    config = shop.config_id(model, machine)
    return {
        "profileId": config,
        "config": f"projects/{OWNER}/configs/{config}",
        "model": f"projects/{OWNER}/models/{model.base_model_id}",
        "certifiedConfigRevisionId": config,
        "certifiedModelRevisionId": "rv_1",
        "gpuType": kind,
        "gpuCount": int(count),
        "modelName": model.name,
        "parallelism": "TP1",
        "quantization": "fp8",
        "performanceBenchmarks": {},
        "adapterMode": mode,
    }


def _machine(name: str, cents: int) -> dict[str, Any]:
    count, _, kind = name.partition("x")
    return {
        "id": name,
        "name": name,
        "description": name,
        "gpuType": kind,
        "gpuCount": int(count),
        "gpuMemoryGib": 80,
        "priceCentsPerHour": cents,
        "regions": [{"name": "eu-1", "headroom": {"relation": "RELATION_GTE", "value": 4}}],
    }


def _config(shop: Shop, model: Listed, machine: str, mode: str) -> dict[str, Any]:
    count, _, kind = machine.partition("x")
    selectors = {
        "accelerator_type": kind,
        "accelerator_count": count,
        "adapter_mode": mode,
        "optimization": "latency",
    }
    return {
        "id": shop.config_id(model, machine),
        "projectId": OWNER,
        "referenceModel": f"projects/{OWNER}/models/{model.base_model_id}",
        "referenceModelId": model.base_model_id,
        "certifications": [],
        "selectors": [{"key": key, "value": value} for key, value in selectors.items()],
    }
