"""Profiles of guests: who they are is not simulated, only which were merged into another.

Source: docs/mews-api.md, "Personal data".
"""

from typing import Any

from mews_pipeline.sandbox.hotels.world import World
from mews_pipeline.sandbox.server import validation
from mews_pipeline.sandbox.server.options import SandboxOptions
from mews_pipeline.sandbox.server.pages import encode_page
from mews_pipeline.sandbox.server.refusals import invalid
from mews_pipeline.sandbox.server.validation import Body

CUSTOMERS = "customers/getAll"
_STATES = ("Active", "Deleted")


class Customers:
    """The profiles of a world: the accounts of its reservations and orders, by enterprise."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._enterprises: dict[str, set[str]] | None = None

    def page(self, body: Body, scope: frozenset[str], options: SandboxOptions) -> bytes:
        """Return a page; a merged profile is deleted and has its target. Raises Refusal."""
        limitation = validation.limitation(body)
        extent = body.get("Extent")
        if not isinstance(extent, dict) or extent.get("Customers") is not True:
            raise invalid("Extent", "Extent.Customers is required.")
        wanted = validation.ids(body, "CustomerIds")
        states = validation.choices(body, "ActivityStates", _STATES) or {"Active"}
        found = [
            _payload(one, options.merged_customers.get(one))
            for one in sorted(self._in_scope(scope, options))
            if (wanted is None or one in wanted)
            and ("Deleted" if one in options.merged_customers else "Active") in states
            and (limitation.cursor is None or one > limitation.cursor)
        ][: limitation.count]
        return encode_page("Customers", found, found[-1]["Id"] if found else None)

    def _in_scope(self, scope: frozenset[str], options: SandboxOptions) -> set[str]:
        if self._enterprises is None:
            self._enterprises = {}
            for table in ("reservations", "product_service_orders"):
                for record in self._world.tables[table].records:
                    self._enterprises.setdefault(record.enterprise_id, set()).add(record.account_id)
        opened = set().union(*(self._enterprises.get(one, set()) for one in scope))
        return opened | options.merged_customers.keys()


def _payload(customer_id: str, target: str | None) -> dict[str, Any]:
    return {"Id": customer_id, "IsActive": target is None, "MergeTargetId": target}
