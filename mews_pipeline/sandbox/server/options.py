"""The options of the sandbox: what the vendor's docs leave open, and which failures to produce."""

from dataclasses import dataclass, field
from typing import Literal

from mews_pipeline.sandbox.server.faults import FaultPlan

Bounds = Literal["halfopen", "inclusive", "exclusive-lower"]


@dataclass(frozen=True, kw_only=True)
class RateLimit:
    """A sliding window of requests per access token, and the form of Retry-After.

    Source: docs/mews-api.md, "Rate limit".
    """

    requests: int = 200
    seconds: float = 30.0
    retry_after: Literal["seconds", "date"] | None = "seconds"


@dataclass(frozen=True, kw_only=True)
class SchemaDrift:
    """Undocumented content, each kind in one of `every` records.

    There are unknown fields, unknown enum values, and PersonCounts that are null or empty. Unknown
    states are an option of their own, because no report can place such a reservation. `odd_money`
    puts into order items amounts that are no number, unknown types and services, and leaves out
    currencies, dates and what a rebate is of.
    """

    extra_fields: bool = False
    unknown_values: bool = False
    unknown_states: bool = False
    null_person_counts: bool = False
    empty_person_counts: bool = False
    odd_money: bool = False
    every: int = 7


@dataclass(kw_only=True)
class SandboxOptions:
    """How the sandbox responds. All options but `token_groups` may be changed while it runs.

    `bounds` of time intervals are half-open (the vendor's newer docs), inclusive (its older ones)
    or exclusive at both ends. `order_service_ids_required` and `bookable_orders_refused` are the
    stricter reading of productServiceOrders/getAll. `revoked_tokens` are token keys.
    `denied_operations` holds the paths that fail with 401, per token key or "*" for all tokens.
    `refused_money` holds the status of operations about money that fail, per path or "*" for all
    of them: 401 and 403 without permission, 410 for operations that ended. `without_ledgers` are
    enterprises whose ledgers are not enabled.
    `merged_customers` are profiles with the one that each was merged into.
    For `token_groups` see tokens.portfolio_tokens.
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
    refused_money: dict[str, int] = field(default_factory=dict)
    without_ledgers: set[str] = field(default_factory=set)
    merged_customers: dict[str, str] = field(default_factory=dict)
    token_groups: int = 0
