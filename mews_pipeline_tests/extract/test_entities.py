"""One declaration per entity: lists of entities and of personal columns follow from it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from mews_pipeline.extract.entities import (
    ENTITIES,
    EXTRA,
    PERSON_COUNTS,
    Entity,
    Field,
    Kind,
    personal_columns,
    snake_case,
)
from mews_pipeline.warehouse import raw
from mews_pipeline_tests.support import declared_entity

PACKAGE = Path(__file__).parents[2] / "mews_pipeline"
BILLS = """
from typing import ClassVar

from pydantic import Field as Filter

from mews_pipeline.extract.entities.entity import (
    HARMLESS_TEXT, INSTANT, PERSONAL_TEXT, Entity, Landing,
)
from mews_pipeline.mews.operations import Operation
from mews_pipeline.mews.requests import IntervalFilter, PagedRequest


class BillsRequest(PagedRequest):
    path: ClassVar[str] = "bills/getAll"
    updated_utc: IntervalFilter = Filter(None, description="When bills were updated.")


BILLS = Entity(
    table="bills",
    operation=Operation("Bills", BillsRequest),
    landing=Landing.VERSIONS,
    fields={"Id": HARMLESS_TEXT, "OwnerName": PERSONAL_TEXT, "UpdatedUtc": INSTANT},
    required=frozenset({"Id", "UpdatedUtc"}),
)
"""


@pytest.mark.parametrize("entity", ENTITIES.values(), ids=list(ENTITIES))
def test_every_field_is_declared_personal_or_harmless(entity: Entity) -> None:
    undecided = [
        path
        for path, field in entity.fields.items()
        if not isinstance(field, Field) or not isinstance(field.is_personal, bool)
    ]
    assert undecided == []
    assert entity.withheld <= entity.personal


def test_no_column_of_raw_is_outside_the_declarations() -> None:
    """Bookkeeping apart, which names no person: what is fetched, when, and counts by age."""
    bookkeeping = {"_fetched_utc", "_landed_at", "_run_id", "_hash", EXTRA}
    for table, columns in raw.SOURCES.items():
        if entity := ENTITIES.get(table):
            assert columns.keys() == {*map(snake_case, entity.fields)} | bookkeeping
        else:
            assert table in {raw.PERSON_COUNTS, "fetches"}


def test_only_text_can_be_personal_and_it_is_what_it_was() -> None:
    assert personal_columns() == {
        "_extra", "account_id", "billing_name", "booker_id", "channel_manager_group_number",
        "channel_manager_number", "channel_number", "creator_profile_id", "credit_card_id",
        "external_identifier", "merge_target_id", "notes", "number", "origin_details", "owner_id",
        "qr_code_data", "tax_exemption_legal_reference", "updater_profile_id",
    }  # fmt: skip
    kinds = {entity.kinds[path] for entity in ENTITIES.values() for path in entity.personal}
    assert kinds <= {Kind.TEXT, Kind.JSON}


def test_people_of_a_reservation_are_counted_and_never_named() -> None:
    assert ENTITIES["reservations"].known.nested[PERSON_COUNTS].names == {"AgeCategoryId", "Count"}
    assert not raw.TABLES[raw.PERSON_COUNTS].keys() & personal_columns()


def test_a_windowed_entity_takes_one_declaration_and_no_edit_of_any_list(tmp_path: Path) -> None:
    shutil.copytree(PACKAGE, tmp_path / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / PACKAGE.name / "extract/entities/bills.py").write_text(BILLS)
    warehouse = tmp_path / "w.duckdb"

    process = subprocess.run(
        [sys.executable, declared_entity.__file__, "bills", str(warehouse)],
        env=os.environ | {"PYTHONPATH": str(tmp_path), "MEWS_ENV_FILE": ""},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert process.returncode == 0, process.stderr
    derived = json.loads(process.stdout)
    assert (derived["is_updated"], derived["instant"]) == (True, "updated_utc")
    assert derived["personal"] == ["owner_name"]
    with duckdb.connect(str(warehouse)) as connection:
        assert connection.sql("select id, owner_name from raw.bills").fetchall() == [("b1", "Jane")]
        fetches = connection.sql("select operation, rows, new_versions from raw.fetches")
        assert fetches.fetchall() == [("bills", 1, 1), ("bills", 1, 0)]
