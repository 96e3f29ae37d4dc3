"""A small catalogue that tests of several rooms use, and the service around it."""

from __future__ import annotations

from tests.core.together.account import Account
from tests.core.together.catalogue import B200, H100, Listed, Shop, catalogue
from tests.core.together.identity import identity
from tests.core.together.service import Routes

QWEN, SMALL, OLD = "Qwen/Qwen3.5-9B", "Qwen/Qwen3.5-2B", "Qwen/Qwen2.5-7B-Instruct"


def small_shop() -> Shop:
    """A model that can do all, one that is only tuned and deployed, one that goes away."""
    return Shop(
        [
            Listed(
                QWEN,
                pricing={"input": 0.17, "output": 0.25},
                base_model_id="ml_qwen",
                profiles=((B200, "ADAPTER_MODE_DISABLED"), (H100, "ADAPTER_MODE_DYNAMIC")),
            ),
            Listed(
                SMALL,
                products=("PRODUCT_DEDICATED", "PRODUCT_FINE_TUNING"),
                base_model_id="ml_small",
                profiles=((H100, "ADAPTER_MODE_DISABLED"),),
            ),
            Listed(
                "openai/gpt-oss-120b",
                products=("PRODUCT_SERVERLESS",),
                status="SUPPORTED_MODEL_STATUS_DEPRECATED",
                pricing={"input": 0.2, "output": 0.6, "cachedInput": 0.05},
                context_length=None,
            ),
        ]
    )


def front(account: Account, shop: Shop) -> tuple[Routes, ...]:
    """Identity and catalogue."""
    return identity(account), catalogue(account, shop)
