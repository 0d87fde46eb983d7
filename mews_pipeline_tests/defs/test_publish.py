"""The publishing assets run after the marts, and show what they published."""

from pathlib import Path

import dagster as dg
import pytest

from mews_pipeline_tests.conftest import Lived
from mews_pipeline_tests.support.mounted import parts, resources_at


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("published")


@pytest.fixture(scope="module")
def materialized(lived: Lived, folder: Path) -> dict[str, dg.AssetMaterialization]:
    """Publish the lived warehouse into a folder, once for all tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MEWS_ANALYTICS", str(folder / "analytics.duckdb"))
        made = parts()
        result = dg.materialize(
            [made.analytics, made.report, made.exports], resources=resources_at(lived.warehouse)
        )
    assert result.success
    return {
        event.asset_key.path[-1]: event
        for event in (e.materialization for e in result.get_asset_materialization_events())
    }


def test_all_three_are_written_where_the_settings_say(
    materialized: dict[str, dg.AssetMaterialization], folder: Path
) -> None:
    assert set(materialized) == {"analytics", "report", "exports"}
    assert (folder / "analytics.duckdb").stat().st_mode & 0o777 == 0o444
    assert (folder / "report.html").stat().st_size > 1_000_000
    assert (folder / "export" / "fct_occupancy_daily.parquet").exists()


def test_their_metadata_show_what_was_published(
    lived: Lived, materialized: dict[str, dg.AssetMaterialization]
) -> None:
    metadata = materialized["analytics"].metadata
    assert metadata["as_of"].value == lived.now.timestamp()
    assert "data:image/png;base64," in str(materialized["report"].metadata["preview"].value)


def test_publishing_waits_for_the_mart_that_every_build_yields() -> None:
    """Dagster skips what depends on a mart that a refresh had no reason to build."""
    analytics, models = parts().analytics, parts().models
    always = dg.AssetKey(["marts", "rpt_freshness"])
    assert always in models.keys
    assert analytics.asset_deps[analytics.key] == {always}


def test_a_warehouse_without_marts_fails_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEWS_ANALYTICS", str(tmp_path / "analytics.duckdb"))
    result = dg.materialize(
        [parts().analytics],
        resources=resources_at(tmp_path / "none.duckdb"),
        raise_on_error=False,
    )
    (failure,) = result.get_step_failure_events()
    data = failure.step_failure_data
    assert data.user_failure_data
    assert "There is no warehouse" in str(data.user_failure_data.description)
