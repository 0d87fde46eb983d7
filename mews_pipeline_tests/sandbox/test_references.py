"""Test what the reference operations require and return."""

from datetime import UTC, datetime
from typing import Any

import pytest

from mews_pipeline.sandbox import World
from mews_pipeline_tests.support.sandbox_client import NOW, SandboxClient


def _references(world: World) -> dict[str, dict[str, Any]]:
    return {
        "enterprises/getAll": {},
        "services/getAll": {},
        "ageCategories/getAll": {},
        "resources/getAll": {"Extent": {"Resources": True, "Inactive": True}},
        "resourceCategories/getAll": {
            "ServiceIds": [service.id for prop in world.properties for service in prop.services]
        },
        "resourceCategoryAssignments/getAll": {
            "ResourceCategoryIds": [c.id for prop in world.properties for c in prop.categories]
        },
        "resourceBlocks/getAll": {"ActivityStates": ["Active", "Deleted"]},
    }


TABLES = {
    "enterprises/getAll": ("enterprises", "Enterprises"),
    "services/getAll": ("services", "Services"),
    "ageCategories/getAll": ("age_categories", "AgeCategories"),
    "resources/getAll": ("resources", "Resources"),
    "resourceCategories/getAll": ("resource_categories", "ResourceCategories"),
    "resourceCategoryAssignments/getAll": (
        "resource_category_assignments",
        "ResourceCategoryAssignments",
    ),
    "resourceBlocks/getAll": ("resource_blocks", "ResourceBlocks"),
}


@pytest.mark.parametrize("path", TABLES)
def test_reference_operations_return_the_records_as_of_the_clock(
    client: SandboxClient, world: World, path: str
) -> None:
    table, list_key = TABLES[path]

    assert client.all(path, list_key, 37, **_references(world)[path]) == world.as_of(table, NOW)


@pytest.mark.parametrize(
    "path",
    ["resources/getAll", "resourceCategories/getAll", "resourceCategoryAssignments/getAll"],
)
def test_required_fields_of_reference_operations_cannot_be_omitted(
    client: SandboxClient, path: str
) -> None:
    response = client.post(path)

    assert response.status_code == 400
    assert "is required" in response.json()["Details"]


def test_deleted_blocks_and_inactive_resources_are_excluded_by_default(
    client: SandboxClient, world: World
) -> None:
    client.clock.set(datetime(2024, 5, 15, tzinfo=UTC))
    blocks = client.all("resourceBlocks/getAll", "ResourceBlocks")
    resources = client.all("resources/getAll", "Resources", Extent={"Resources": True})

    assert all(block["IsActive"] for block in blocks)
    assert all(resource["IsActive"] for resource in resources)
    assert len(resources) < len(world.as_of("resources", client.clock.now()))


def test_services_are_filtered_by_type_and_include_inactive_ones(
    client: SandboxClient, world: World
) -> None:
    bookable = client.all("services/getAll", "Services", ServiceType="Bookable")

    assert {s["Id"] for s in bookable} == {
        service.id for p in world.properties for service in (p.stay, p.parking)
    }
    assert not all(s["IsActive"] for s in client.all("services/getAll", "Services"))
