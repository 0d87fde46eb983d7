"""A Mews in memory with one property per access token, and runs that fetch from it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

import duckdb
import httpx
import pytest

from mews_pipeline.extract.entities import RESERVATIONS, Entity
from mews_pipeline.ingest import Ingest, Ingested, token_work
from mews_pipeline.mews import MewsClient
from mews_pipeline.warehouse.file import DuckDBFile
from mews_pipeline.warehouse.landing import Run
from mews_pipeline_tests.conftest import settings_for
from mews_pipeline_tests.support.fake_mews import Body, FakeMews, refusal
from mews_pipeline_tests.support.seeds import Record, reservation

NOW = "Sat, 01 Mar 2025 00:00:00 GMT"
ADDRESS = "http://mews.test"


def an_id(*what: object) -> str:
    """Return an id that follows from these words."""
    return str(uuid5(NAMESPACE_DNS, " ".join(map(str, what))))


@dataclass
class Properties:
    """Properties with one token, one enterprise, one service and a reservation a day each."""

    warehouse: Path
    tokens: list[str]
    days: list[date]
    settings: dict[str, Any] = field(default_factory=dict)
    # Changes to single records, by token and day
    changes: dict[tuple[str, date], Record] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Start to answer."""
        self.mews = FakeMews(by=self.answer)

    def answer(self, path: str, body: Body) -> httpx.Response:
        """Answer as Mews does; an id of another token's property is refused."""
        token = body["AccessToken"]
        mine = {"EnterpriseIds": an_id(token, "enterprise"), "ServiceIds": an_id(token, "service")}
        for name, only in mine.items():
            if set(body.get(name, [])) - {only}:
                return refusal(400, f"Invalid {name}")
        records = {
            "enterprises/getAll": ("Enterprises", [{"Id": mine["EnterpriseIds"]}]),
            "services/getAll": ("Services", [{"Id": mine["ServiceIds"]}]),
            RESERVATIONS.operation.path: ("Reservations", self._reservations(token, body)),
        }
        if path not in records:
            return refusal(403, "Not of this test.")
        key, found = records[path]
        return httpx.Response(200, json={key: found, "Cursor": None}, headers={"Date": NOW})

    def _reservations(self, token: str, body: Body) -> list[Record]:
        start, end = (
            datetime.fromisoformat(body.get("UpdatedUtc", {}).get(end, "2000-01-01T00:00:00Z"))
            for end in ("StartUtc", "EndUtc")
        )
        return [
            self.reservation(token, day)
            for day in self.days
            if start <= datetime(day.year, day.month, day.day, tzinfo=UTC) <= end
        ]

    def reservation(self, token: str, day: date) -> Record:
        """Return the reservation of that day, updated at its midnight."""
        whole = reservation(
            Id=an_id(token, day), ServiceId=an_id(token, "service"), UpdatedUtc=f"{day}T00:00:00Z"
        )
        return whole | self.changes.get((token, day), {})

    def run(
        self, monkeypatch: pytest.MonkeyPatch, entities: Iterable[Entity] = (RESERVATIONS,)
    ) -> dict[str, Ingested]:
        """Fetch and land all days with all tokens."""
        transport = httpx.MockTransport(self.mews)
        monkeypatch.setattr(token_work, "MewsClient", partial(MewsClient, transport=transport))
        return self.work().updates(entities, self.days)

    def work(self) -> Ingest:
        """Return a run's work, not yet done."""
        settings = settings_for(
            ADDRESS, self.days[0], **{"access_tokens": self.tokens} | self.settings
        )
        run = Run("a run", "a run")
        return Ingest(settings, DuckDBFile(self.warehouse), run, self.said.append)

    def read(self, query: str) -> list[Any]:
        """Query the warehouse."""
        with duckdb.connect(str(self.warehouse)) as connection:
            return connection.execute(query).fetchall()

    def landed(self) -> set[str]:
        """Return the ids of the reservations that landed."""
        found = self.read("select id from raw.reservations")
        assert len(found) == len(set(found))
        return {i for (i,) in found}

    def all_but(self, *missing: tuple[str, date]) -> set[str]:
        """Return the ids of all reservations but these."""
        return {
            an_id(token, day)
            for token in self.tokens
            for day in self.days
            if (token, day) not in missing
        }
