"""The part of the loopback service that rents machines: endpoints, deployments, adapters.

A deployment goes on by being looked at: so many looks until it is ready, so many until it has
stopped. Ready minutes are billed by the account's clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.chat import Policy
from tests.core.together.account import PROJECT, SLUG, Account, Registered
from tests.core.together.catalogue import STAMP, Shop
from tests.core.together.http import Answer
from tests.core.together.service import Call, Routes, error

_HOURS = 3600


@dataclass(slots=True)
class Rented:
    """A deployment."""

    deployment_id: str
    endpoint_id: str
    name: str
    model: str
    config: str
    machine: str
    state: str = "PROVISIONING"
    n_looks: int = 0
    """Until the next state."""
    n_most: int = 1
    inactive_timeout: int = 0
    ready_at: datetime | None = None
    adapters: dict[str, int] = field(default_factory=dict)
    """Attached adapters by `ml_...`, with the looks until each is loaded."""

    @property
    def model_id(self) -> str:
        """`ml_...` of what it serves."""
        return self.model.split("/models/")[1].split("/")[0]


@dataclass(slots=True)
class Endpoint:
    """An endpoint."""

    endpoint_id: str
    name: str
    split: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class Yard:
    """Everything that is rented; a test sets how long things take and what fails."""

    account: Account
    shop: Shop
    n_provisioning: int = 2
    n_stopping: int = 1
    n_loading: int = 1
    """Looks or chats until an adapter is loaded; 0: at once."""
    lists_adapters: bool = True
    """Whether attached adapters can be listed: the service's pages know no such path."""
    failing: set[str] = field(default_factory=set)
    """Models, `ml_...`, whose deployments or adapters fail."""
    endpoints: dict[str, Endpoint] = field(default_factory=dict)
    rented: dict[str, Rented] = field(default_factory=dict)
    n_made: int = 0
    """Deployments ever."""
    events: list[dict[str, Any]] = field(default_factory=list)

    def put(self, endpoint_id: str, name: str, model_id: str, machine: str) -> Rented:
        """Something that somebody else rented, ready to serve."""
        self.endpoints[endpoint_id] = Endpoint(endpoint_id, name)
        made = Rented(
            deployment_id=f"dep_of_{endpoint_id}",
            endpoint_id=endpoint_id,
            name=f"{name}/main",
            model=f"projects/p/models/{model_id}",
            config="projects/p/configs/c",
            machine=machine,
        )
        self.rented[made.deployment_id] = made
        self.turn(made, "READY")
        return made

    def of(self, endpoint_id: str) -> Iterator[Rented]:
        """The deployments of an endpoint."""
        return (each for each in self.rented.values() if each.endpoint_id == endpoint_id)

    def turn(self, one: Rented, state: str) -> None:
        """Another state; what was ready until now is billed."""
        if one.state == "READY" and state != "READY" and one.ready_at is not None:
            ready_s = (self.account.now() - one.ready_at).total_seconds()
            minutes = max(1, -(-int(ready_s) // 60))
            cents = self.shop.machines[one.machine]
            self.account.charge("endpoint", one.machine, minutes, minutes * cents * 10_000 // 60)
        one.ready_at = self.account.now() if state == "READY" else None
        one.state = state
        self.events.append(
            {
                "id": self.account.new_id("ev"),
                "createdAt": STAMP,
                "endpointId": one.endpoint_id,
                "deploymentId": one.deployment_id,
                "level": "LEVEL_INFO",
                "source": "controller",
                "sourceKind": "SOURCE_KIND_SYSTEM",
                "type": f"deployment.{state.lower()}",
            }
        )

    def look(self, one: Rented) -> None:
        """Being looked at, it goes on."""
        if one.state not in ("PROVISIONING", "STOPPING"):
            return
        if one.n_looks > 0:
            one.n_looks -= 1
        elif one.state == "STOPPING":
            self.turn(one, "STOPPED")
        else:
            self.turn(one, "FAILED" if one.model_id in self.failing else "READY")

    def look_at_adapter(self, one: Rented, model_id: str) -> str:
        """The load state of an adapter; being looked at, it goes on."""
        left = one.adapters[model_id]
        one.adapters[model_id] = max(0, left - 1)
        if left > 0:
            return "LOADING"
        return "FAILED" if model_id in self.failing else "READY"

    def policy_of(self, model: str) -> Policy | Answer:
        """What answers a chat with this model, or why nothing does."""
        name, _, adapter = model.partition(":")
        for endpoint in self.endpoints.values():
            for one in self.of(endpoint.endpoint_id):
                if name == one.name or name == endpoint.name:
                    return self._serve(endpoint, one, adapter, is_direct=name == one.name)
            if name == endpoint.name:
                return error(503, "the endpoint has no deployment", "service_unavailable")
        if model in self.account.serverless:
            return self.account.serverless[model]
        return error(400, f"Unable to access non-serverless model {model}", "model_not_available")

    def _serve(
        self, endpoint: Endpoint, one: Rented, adapter: str, *, is_direct: bool
    ) -> Policy | Answer:
        if not endpoint.split and not is_direct:
            return error(503, "no traffic split", "service_unavailable")
        if one.state != "READY":
            return error(400, "the endpoint is not running", "dedicated_endpoint_not_running")
        if not adapter:
            return self.account.registry[one.model_id].policy
        loaded = [self.account.registry[name] for name in one.adapters]
        for made in loaded:
            if made.name == adapter and self.look_at_adapter(one, made.model_id) == "READY":
                return made.policy
        return error(400, f"no adapter {adapter} is loaded", "model_not_available")


def endpoints(yard: Yard) -> Routes:
    """The paths of section 9 of the wire."""
    shelf = _Shelf(yard)
    root, routes = "/v2/projects/{project}/endpoints", Routes()
    routes.add("GET", root, shelf.list)
    routes.add("POST", root, shelf.create)
    routes.add("GET", f"{root}/{{ep}}", shelf.retrieve)
    routes.add("PATCH", f"{root}/{{ep}}", shelf.update)
    routes.add("DELETE", f"{root}/{{ep}}", shelf.delete)
    routes.add("GET", f"{root}/{{ep}}/events", shelf.events)
    routes.add("POST", f"{root}/{{ep}}/deployments", shelf.deploy)
    one = f"{root}/{{ep}}/deployments/{{dep}}"
    routes.add("GET", one, shelf.look)
    routes.add("PATCH", one, shelf.scale)
    routes.add("DELETE", one, shelf.remove)
    routes.add("GET", f"{one}/adapters", shelf.adapters)
    routes.add("POST", f"{one}/adapters", shelf.attach)
    routes.add("GET", "/v2/projects/{project}/models/{ml}", shelf.model)
    return routes


@dataclass(slots=True)
class _Shelf:
    yard: Yard

    async def list(self, call: Call) -> Answer:
        return _page([self._endpoint(each) for each in self.yard.endpoints.values()])

    async def create(self, call: Call) -> Answer:
        name = f"{SLUG}/{call.asked.json['name'].rpartition('/')[2]}"
        if any(each.name == name for each in self.yard.endpoints.values()):
            return error(409, f"the endpoint {name} exists", "already_exists")
        made = Endpoint(self.yard.account.new_id("ep"), name)
        self.yard.endpoints[made.endpoint_id] = made
        return Answer.of_json(self._endpoint(made))

    async def retrieve(self, call: Call) -> Answer:
        found = self.yard.endpoints.get(call.names["ep"])
        return _missing() if found is None else Answer.of_json(self._endpoint(found))

    async def update(self, call: Call) -> Answer:
        found = self.yard.endpoints.get(call.names["ep"])
        if found is None:
            return _missing()
        found.split = call.asked.json["trafficSplit"]
        return Answer.of_json(self._endpoint(found))

    async def delete(self, call: Call) -> Answer:
        if call.names["ep"] not in self.yard.endpoints:
            return _missing()
        if any(self.yard.of(call.names["ep"])):
            return error(400, "the endpoint has deployments", "failed_precondition")
        del self.yard.endpoints[call.names["ep"]]
        return Answer.of_json({})

    async def events(self, call: Call) -> Answer:
        return _page([e for e in self.yard.events if e["endpointId"] == call.names["ep"]])

    async def deploy(self, call: Call) -> Answer:
        body, endpoint = call.asked.json, self.yard.endpoints.get(call.names["ep"])
        if endpoint is None:
            return _missing()
        if body["inactiveTimeout"] not in (0, *range(30, 1441)):
            return error(400, "inactiveTimeout is 0 or 30 to 1440", "invalid_argument")
        made = Rented(
            deployment_id=self.yard.account.new_id("dep"),
            endpoint_id=endpoint.endpoint_id,
            name=f"{endpoint.name}/{body['name']}",
            model=body["model"],
            config=body["config"],
            machine=body["config"].rpartition("_")[2],
            n_looks=self.yard.n_provisioning,
            inactive_timeout=body["inactiveTimeout"],
        )
        if made.model_id not in self.yard.account.registry:
            return error(404, f"there is no model {made.model_id}", "not_found")
        if call.query.get("validateOnly") != "true":
            self.yard.rented[made.deployment_id] = made
            self.yard.n_made += 1
        return Answer.of_json(deployment_row(made))

    async def look(self, call: Call) -> Answer:
        found = self.yard.rented.get(call.names["dep"])
        if found is None:
            return _missing()
        self.yard.look(found)
        return Answer.of_json(deployment_row(found))

    async def scale(self, call: Call) -> Answer:
        found = self.yard.rented.get(call.names["dep"])
        if found is None:
            return _missing()
        wanted = call.asked.json["autoscaling"]
        if wanted["minReplicas"] == 0 and wanted["maxReplicas"] > 0:
            return error(400, "0 with a positive maximum", "invalid_argument")
        found.n_most = wanted["maxReplicas"]
        if found.n_most == 0 and found.state not in ("STOPPED", "STOPPING"):
            self.yard.turn(found, "STOPPING")
            found.n_looks = self.yard.n_stopping
        return Answer.of_json(deployment_row(found))

    async def remove(self, call: Call) -> Answer:
        found = self.yard.rented.get(call.names["dep"])
        if found is None:
            return _missing()
        if found.state != "STOPPED":
            return error(400, "the deployment must be stopped first", "failed_precondition")
        del self.yard.rented[found.deployment_id]
        return Answer.of_json({})

    async def attach(self, call: Call) -> Answer:
        found = self.yard.rented.get(call.names["dep"])
        if found is None:
            return _missing()
        if not self._takes_adapters(found):
            return error(400, "adapters are disabled for this config", "failed_precondition")
        adapter = self.yard.account.registry[call.asked.json["adapterModelId"]]
        n_looks = found.adapters.setdefault(adapter.model_id, self.yard.n_loading)
        return Answer.of_json(_adapter(adapter, "LOADING" if n_looks else "READY"))

    async def adapters(self, call: Call) -> Answer:
        found = self.yard.rented.get(call.names["dep"])
        if found is None or not self.yard.lists_adapters:
            return _missing()
        states = {name: self.yard.look_at_adapter(found, name) for name in list(found.adapters)}
        registry = self.yard.account.registry
        return _page([_adapter(registry[name], state) for name, state in states.items()])

    async def model(self, call: Call) -> Answer:
        found = self.yard.account.registry.get(call.names["ml"])
        if found is None:
            return _missing()
        kind = "WEIGHTS_TYPE_ADAPTER" if found.is_adapter else "WEIGHTS_TYPE_DEFAULT"
        return Answer.of_json(
            {
                "id": found.model_id,
                "name": found.name,
                "organizationId": "org_1",
                "projectId": PROJECT,
                "visibility": "VISIBILITY_PRIVATE",
                "weights": {"type": kind},
                "baseModelId": found.base_model_id,
            }
        )

    def _takes_adapters(self, one: Rented) -> bool:
        return any(
            one.config.endswith(self.yard.shop.config_id(model, machine))
            and mode != "ADAPTER_MODE_DISABLED"
            for model in self.yard.shop.models
            for machine, mode in model.profiles
        )

    def _endpoint(self, one: Endpoint) -> dict[str, Any]:
        summaries = [
            {
                "id": each.deployment_id,
                "modelId": each.model_id,
                "name": each.name,
                "state": f"DEPLOYMENT_STATE_{each.state}",
                "trafficMode": "TRAFFIC_MODE_LIVE",
            }
            for each in self.yard.of(one.endpoint_id)
        ]
        return {
            "id": one.endpoint_id,
            "name": one.name,
            "projectId": PROJECT,
            "createdAt": STAMP,
            "updatedAt": STAMP,
            "deployments": summaries,
            "endpointType": "ENDPOINT_TYPE_DEDICATED",
            "etag": "e1",
            "trafficSplit": one.split,
            "visibility": "VISIBILITY_PRIVATE",
        }


def deployment_row(one: Rented) -> dict[str, Any]:
    """A deployment as the service words it."""
    is_ready = one.state == "READY"
    return {
        "id": one.deployment_id,
        "name": one.name,
        "projectId": PROJECT,
        "endpointId": one.endpoint_id,
        "etag": "e1",
        "model": f"{one.model}/revisions/rv_1",
        "modelId": one.model_id,
        "modelRevisionId": "rv_1",
        "config": one.config,
        "configId": one.config.rpartition("/")[2],
        "hardware": one.machine,
        "autoscaling": {"minReplicas": min(one.n_most, 1), "maxReplicas": one.n_most},
        "inactiveTimeout": one.inactive_timeout,
        "createdAt": STAMP,
        "updatedAt": STAMP,
        "trafficMode": "TRAFFIC_MODE_LIVE",
        "status": {
            "state": f"DEPLOYMENT_STATE_{one.state}",
            "message": "no capacity" if one.state == "FAILED" else "",
            "readyReplicas": int(is_ready),
        },
    }


def _adapter(adapter: Registered, state: str) -> dict[str, Any]:
    cluster = {
        "adapterModelId": adapter.model_id,
        "clusterId": "c1",
        "state": f"ADAPTER_LOAD_STATE_{state}",
        "readyPodCount": int(state == "READY"),
        "totalPodCount": 1,
        "failedPodCount": int(state == "FAILED"),
    }
    return {
        "id": f"dad_{adapter.model_id}",
        "adapterModelId": adapter.model_id,
        "desiredRevisionId": "rv_1",
        "etag": "e1",
        "perCluster": [cluster],
    }


def _page(rows: list[dict[str, Any]]) -> Answer:
    return Answer.of_json({"object": "list", "data": rows, "next_cursor": None})


def _missing() -> Answer:
    return error(404, "not found", "not_found")
