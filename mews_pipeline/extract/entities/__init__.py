"""Every kind of Mews record that is fetched, one declaration each.

A module of this package may declare any number of entities: whatever lists entities, their raw
tables or the columns about people derives it from here.
"""

from importlib import import_module
from pkgutil import iter_modules

from mews_pipeline.extract.entities.availability import AVAILABILITY
from mews_pipeline.extract.entities.bookings import (
    PRODUCT_SERVICE_ORDERS,
    RESERVATIONS,
    SERVICE_ORDER_STATES,
)
from mews_pipeline.extract.entities.entity import (
    DECIMALS,
    EXTRA,
    PERSON_COUNTS,
    Entity,
    Field,
    Kind,
    Known,
    Landing,
    Person,
    snake_case,
)
from mews_pipeline.extract.entities.money import (
    EXCHANGE_RATES,
    LEDGER_BALANCES,
    ORDER_ITEMS,
)
from mews_pipeline.extract.entities.reference import (
    AGE_CATEGORIES,
    ENTERPRISE_CURRENCIES,
    ENTERPRISES,
    RESOURCE_BLOCKS,
    RESOURCE_CATEGORIES,
    RESOURCE_CATEGORY_ASSIGNMENTS,
    RESOURCES,
    SERVICES,
)
from mews_pipeline.extract.entities.reference_of_money import (
    ACCOUNTING_CATEGORIES,
    BUSINESS_SEGMENTS,
    COMPANIES,
    CURRENCIES,
    PRODUCTS,
    RATE_GROUPS,
    RATES,
)

__all__ = [
    "ACCOUNTING_CATEGORIES",
    "AGE_CATEGORIES",
    "AVAILABILITY",
    "BUSINESS_SEGMENTS",
    "COMPANIES",
    "CURRENCIES",
    "DECIMALS",
    "ENTERPRISES",
    "ENTERPRISE_CURRENCIES",
    "ENTITIES",
    "EXCHANGE_RATES",
    "EXTRA",
    "LEDGER_BALANCES",
    "ORDER_ITEMS",
    "PERSON_COUNTS",
    "PRODUCTS",
    "PRODUCT_SERVICE_ORDERS",
    "RATES",
    "RATE_GROUPS",
    "REFERENCE",
    "RESERVATIONS",
    "RESOURCES",
    "RESOURCE_BLOCKS",
    "RESOURCE_CATEGORIES",
    "RESOURCE_CATEGORY_ASSIGNMENTS",
    "SERVICES",
    "SERVICE_ORDER_STATES",
    "SNAPSHOTS",
    "UPDATED",
    "Entity",
    "Field",
    "Kind",
    "Known",
    "Landing",
    "Person",
    "personal_columns",
    "snake_case",
]

# Fields of other versions of the API that point to a person: none has a column today.
_PERSONAL_ELSEWHERE = frozenset({"ChannelManagerGroupNumber", "OwnerId"})


def _declared(landing: Landing) -> tuple[Entity, ...]:
    """Return the entities that this package's modules declare with that landing rule."""
    modules = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    declared = [found for module in modules for found in vars(module).values()]
    return tuple(
        dict.fromkeys(
            found for found in declared if isinstance(found, Entity) and found.landing is landing
        )
    )


# Fetched by windows of UpdatedUtc
UPDATED = _declared(Landing.VERSIONS)
# Fetched as whole listings, in this order
REFERENCE = _declared(Landing.CHANGES)
# Fetched once a day, and kept each time
SNAPSHOTS = _declared(Landing.SNAPSHOTS)

ENTITIES = {entity.table: entity for entity in (*UPDATED, *REFERENCE, *SNAPSHOTS)}


def personal_columns() -> frozenset[str]:
    """Return the raw columns that point to or describe a person, over all entities."""
    fields = _PERSONAL_ELSEWHERE.union(*(entity.personal for entity in ENTITIES.values()))
    return frozenset(map(snake_case, fields)) | {EXTRA}
