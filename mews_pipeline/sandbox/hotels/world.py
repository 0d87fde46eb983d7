"""The result of a simulation: every version of every record, and what was known when."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from mews_pipeline.sandbox.hotels.demand import Days
from mews_pipeline.sandbox.hotels.inventory import Category, Property
from mews_pipeline.sandbox.hotels.table import Table, as_json
from mews_pipeline.sandbox.hotels.truth import Capacity, OccupiedNight, Spaces, occupied_nights


class Tables(dict[str, Table[Any]]):
    """Tables by name. Those in `later` are made when they are first asked for."""

    def __init__(
        self, ready: Mapping[str, Table[Any]], later: Mapping[str, Callable[[], Table[Any]]]
    ) -> None:
        super().__init__(ready)
        self._later = later

    def __missing__(self, name: str) -> Table[Any]:
        """Make a table. Raises KeyError if there is none of this name."""
        table = self[name] = self._later[name]()
        return table


class World:
    """Hotels and their records. `tables` are named like the raw tables of the warehouse.

    Nothing happens at or after `days.horizon`.
    """

    def __init__(self, days: Days, properties: list[Property], tables: Tables) -> None:
        self.days = days
        self.properties = properties
        self.tables = tables
        self._capacity = Capacity(self.tables)
        self._categories = {
            category.id: (prop, category) for prop in properties for category in prop.categories
        }

    def __repr__(self) -> str:
        """Show the days and the number of records made so far."""
        sizes = ", ".join(f"{len(table.records)} {name}" for name, table in self.tables.items())
        return f"World({self.days.start} to {self.days.end}: {sizes})"

    def versions(self, table: str) -> list[dict[str, Any]]:
        """Return all versions of all records of a table, oldest first, as the API shows them.

        Two versions of one record may share UpdatedUtc; their order in the list is the true one.
        """
        return [as_json(version.payload()) for version in self.tables[table].timeline]

    def as_of(self, table: str, instant: datetime) -> list[dict[str, Any]]:
        """Return each record that existed at an instant, in its newest version by then.

        The most recently created record comes first, as in the API's pages.
        """
        return [as_json(version.payload()) for version in self.tables[table].current(instant)]

    def occupied_nights(self, as_of: datetime) -> list[OccupiedNight]:
        """Return one entry per reservation and local night it occupies, as known at an instant."""
        return list(occupied_nights(self.tables["reservations"].current(as_of)))

    def spaces(
        self,
        service_id: str,
        category_id: str,
        day: date,
        as_of: datetime,
        observed: Sequence[datetime] | None = None,
    ) -> Spaces:
        """Count a category's spaces on a local night, as known at an instant.

        `observed` restricts what is known to what could be seen at those instants (see
        truth.Capacity). Raises KeyError for a category that is not of the service.
        """
        prop, category = self.category(category_id)
        if category.service.id != service_id:
            raise KeyError(category_id)
        return self._capacity.spaces(prop, category, day, as_of, observed)

    def category(self, category_id: str) -> tuple[Property, Category]:
        """Return a category and its hotel. Raises KeyError."""
        return self._categories[category_id]
