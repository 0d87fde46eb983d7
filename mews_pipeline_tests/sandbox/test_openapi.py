"""Validate the sandbox's requests and responses against openapi.json.

The validator, jsonschema, comes with dbt-core.
"""

import json
from datetime import datetime
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]

from mews_pipeline.extract.entities import PRODUCT_SERVICE_ORDERS, RESERVATIONS, Entity
from mews_pipeline.sandbox import World
from mews_pipeline.sandbox.server.endpoints import LISTINGS
from mews_pipeline_tests.support.example_requests import (
    PRODUCT_SERVICE_ORDERS_REQUEST,
    RESERVATIONS_REQUEST,
)
from mews_pipeline_tests.support.sandbox_client import (
    NOW,
    ORDERS_PATH,
    RESERVATIONS_PATH,
    TOKENS,
    SandboxClient,
)

DOCUMENT: dict[str, Any] = json.loads(
    files("mews_pipeline.sandbox.server").joinpath("openapi.json").read_text()
)
DESCRIBED_OPERATIONS = {
    path.removeprefix("/api/connector/v1/"): item["post"]
    for path, item in DOCUMENT["paths"].items()
}
FORMATS = FormatChecker(["uuid"])


@FORMATS.checks("date-time", raises=ValueError)  # type: ignore[untyped-decorator]
def is_instant(value: object) -> bool:
    return value is None or datetime.fromisoformat(str(value)).tzinfo is not None


def errors(schema: dict[str, Any], value: object) -> list[str]:
    whole = {**schema, "components": DOCUMENT["components"]}
    validator = Draft202012Validator(whole, format_checker=FORMATS)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)][:5]


def request_schema(path: str) -> dict[str, Any]:
    schema: dict[str, Any] = DESCRIBED_OPERATIONS[path]["requestBody"]["content"][
        "application/json"
    ]["schema"]
    return schema


def response_schema(path: str, status: int) -> dict[str, Any]:
    response = DESCRIBED_OPERATIONS[path]["responses"][str(status)]
    schema: dict[str, Any] = response["content"]["application/json"]["schema"]
    return schema


def test_every_schema_is_valid() -> None:
    for schema in DOCUMENT["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize(
    ("path", "example"),
    [(RESERVATIONS_PATH, RESERVATIONS_REQUEST), (ORDERS_PATH, PRODUCT_SERVICE_ORDERS_REQUEST)],
    ids=["reservations", "orders"],
)
def test_the_vendors_example_requests_match_their_schema(
    path: str, example: dict[str, Any]
) -> None:
    assert errors(request_schema(path), example) == []
    assert errors(request_schema(path), {**example, "States": ["Gone"]}) != []


@pytest.mark.parametrize("path", [RESERVATIONS_PATH, ORDERS_PATH])
def test_every_page_matches_its_schema(client: SandboxClient, world: World, path: str) -> None:
    services = [prop.spa.id for prop in world.properties] if path == ORDERS_PATH else None
    cursor, pages = None, 0
    while pages == 0 or cursor is not None:
        limitation = {"Count": 1000, "Cursor": cursor}
        response = client.post(path, ServiceIds=services, Limitation=limitation)
        assert errors(response_schema(path, response.status_code), response.json()) == []
        cursor, pages = response.json()["Cursor"], pages + 1
    assert pages > 1


@pytest.mark.parametrize(
    ("body", "status"), [({"Limitation": None}, 400), ({"AccessToken": "x"}, 401)]
)
@pytest.mark.parametrize("path", [RESERVATIONS_PATH, ORDERS_PATH])
def test_every_refusal_matches_its_schema(
    client: SandboxClient, path: str, body: dict[str, Any], status: int
) -> None:
    refused = client.post(path, **body)

    assert refused.status_code == status
    assert errors(response_schema(path, status), refused.json()) == []


@pytest.mark.parametrize(
    ("entity", "schema"),
    [(RESERVATIONS, "Reservation"), (PRODUCT_SERVICE_ORDERS, "ProductServiceOrder")],
    ids=["reservations", "orders"],
)
def test_the_document_has_every_field_and_no_other(
    world: World, entity: Entity, schema: str
) -> None:
    described = set(DOCUMENT["components"]["schemas"][schema]["properties"])
    children = {"PersonCounts"} & described

    assert described == {path.split(".")[0] for path in entity.fields} | children
    assert set(world.as_of(entity.table, NOW)[0]) == described


@pytest.mark.parametrize("path", [RESERVATIONS_PATH, ORDERS_PATH])
def test_the_sandbox_filters_by_every_parameter_that_the_document_has(path: str) -> None:
    described = DOCUMENT["components"]["schemas"][request_schema(path)["$ref"].split("/")[-1]]
    listing = next(listing for listing in LISTINGS if listing.path == path)

    # Only the sandbox filters orders by CreatedUtc
    filters = set(listing.filters) - ({"CreatedUtc"} if path == ORDERS_PATH else set())
    assert set(described["properties"]) - {*TOKENS, "Limitation"} == filters


@pytest.mark.parametrize(
    "body",
    [
        {"Limitation": {"Count": 0}},
        {"ReservationIds": []},
        {"ReservationIds": ["nobody"]},
        {"TravelAgencyIds": ["00000000-0000-4000-a000-000000000000"] * 101},
        {"States": ["Confirmed", "Confirmed"]},
        {"Client": ""},
        {"UpdatedUtc": {"StartUtc": "soon"}},
    ],
    ids=lambda body: next(iter(body)),
)
def test_the_sandbox_refuses_what_the_document_forbids(
    client: SandboxClient, body: dict[str, Any]
) -> None:
    fields = {**TOKENS, "Limitation": {"Count": 10}, **body}

    assert errors(request_schema(RESERVATIONS_PATH), fields) != []
    assert client.post(RESERVATIONS_PATH, **body).status_code == 400
