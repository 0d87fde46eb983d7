"""What the sandbox is told to do: the answers that the vendor's docs leave open, and its moods."""

from dataclasses import dataclass, field
from typing import Literal

from mews_pipeline.sandbox.server.faults import FaultPlan

Bounds = Literal["halfopen", "inclusive", "exclusive-lower"]


@dataclass(frozen=True, kw_only=True)
class RateLimit:
    """A sliding window of requests per access token (MEWS.md 4), and how Retry-After is given."""

    requests: int = 200
    seconds: float = 30.0
    retry_after: Literal["seconds", "date"] | None = "seconds"


@dataclass(frozen=True, kw_only=True)
class SchemaDrift:
    """What the docs do not tell of, on every `every`-th record each.

    Unknown fields, unknown enum values (an unknown state apart: no report can place it), and
    PersonCounts that are null or empty.
    """

    extra_fields: bool = False
    unknown_values: bool = False
    unknown_states: bool = False
    null_person_counts: bool = False
    empty_person_counts: bool = False
    every: int = 7


@dataclass(kw_only=True)
class SandboxOptions:
    """How the sandbox answers. All but `token_groups` may be changed while it runs.

    `bounds` of time intervals: half-open (the vendor's newer docs), inclusive (its older ones) or
    exclusive at both ends. `order_service_ids_required` and `bookable_orders_refused`: the stricter
    reading of productServiceOrders/getAll. `revoked_tokens` are token keys; `denied_operations`
    holds, per token key or "*" for all, the paths that are answered with 401. `token_groups`: see
    tokens.portfolio_tokens.
    """

    bounds: Bounds = "halfopen"
    short_pages: bool = False
    order_service_ids_required: bool = True
    bookable_orders_refused: bool = True
    linked_reservation_id: bool = True
    rate_limit: RateLimit | None = None
    latency_seconds: float = 0.0
    faults: FaultPlan | None = None
    stall_seconds: float = 60.0
    drift: SchemaDrift = field(default_factory=SchemaDrift)
    revoked_tokens: set[str] = field(default_factory=set)
    denied_operations: dict[str, set[str]] = field(default_factory=dict)
    token_groups: int = 0
