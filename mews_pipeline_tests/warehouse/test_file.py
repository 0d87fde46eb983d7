"""The warehouse has one user at a time, and says in words what is wrong with it."""

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from mews_pipeline.warehouse.base import WarehouseError
from mews_pipeline.warehouse.file import DuckDBFile, warehouse_lock
from mews_pipeline.warehouse.file_errors import translate_errors


def test_who_comes_second_is_told_and_gives_up_with_a_clear_error(tmp_path: Path) -> None:
    path, said = tmp_path / "w.duckdb", list[str]()
    with (
        warehouse_lock(path),
        pytest.raises(WarehouseError, match="was in use"),
        warehouse_lock(path, said.append, timeout_seconds=0.01),
    ):
        pass
    assert said == ["Waiting for w.duckdb: another step or command is using it."]


def test_the_lock_goes_with_the_process_that_held_it(tmp_path: Path) -> None:
    path = tmp_path / "w.duckdb"
    hold = (
        "import os; from pathlib import Path\n"
        "from mews_pipeline.warehouse.file import DuckDBFile, warehouse_lock\n"
        f"with warehouse_lock(Path({str(path)!r})): os._exit(9)"
    )
    assert subprocess.run([sys.executable, "-c", hold], check=False).returncode == 9
    with warehouse_lock(path, timeout_seconds=0):
        pass


def test_another_file_is_not_taken_for_a_warehouse(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("these are my notes")
    with pytest.raises(WarehouseError, match="not a DuckDB file"), translate_errors(path):
        pass
    assert path.read_text() == "these are my notes"


def test_a_folder_is_not_taken_for_a_warehouse(tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match="is a folder"), translate_errors(tmp_path):
        pass


def test_a_warehouse_open_elsewhere_is_named_as_such(tmp_path: Path) -> None:
    path = tmp_path / "w.duckdb"
    open_it = f"import duckdb; duckdb.connect({str(path)!r})"
    with duckdb.connect(str(path)):
        elsewhere = subprocess.run(
            [
                sys.executable,
                "-c",
                (
                    "from pathlib import Path\n"
                    "from mews_pipeline.warehouse.file_errors import translate_errors\n"
                    f"with translate_errors(Path({str(path)!r})): {open_it}"
                ),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
    assert "is open in another program" in elsewhere.stderr


@pytest.mark.parametrize(
    "said", ['Could not write file "w.duckdb": No space left on device', "No space left on device"]
)
def test_a_full_disk_is_named_as_such(tmp_path: Path, said: str) -> None:
    with (
        pytest.raises(WarehouseError, match="no room left"),
        translate_errors(tmp_path / "w.duckdb"),
    ):
        raise duckdb.IOException(said)


def storage_version(path: Path) -> str:
    with duckdb.connect(str(path), read_only=True) as connection:
        found = connection.execute(
            "select tags['storage_version'] from duckdb_databases() where not internal"
        ).fetchone()
    return str(found and found[0])


def test_a_new_warehouse_has_the_newest_storage_format_and_another_keeps_its_own(
    tmp_path: Path,
) -> None:
    newest, old, new = (tmp_path / name for name in ("newest.duckdb", "old.duckdb", "new.duckdb"))
    duckdb.connect(str(newest), config={"storage_compatibility_version": "latest"}).close()
    duckdb.connect(str(old)).close()
    before = storage_version(old)

    for path in (old, new):
        for _ in range(2):
            with DuckDBFile(path).open(lambda _: None) as connection:
                connection.execute("create or replace table filled as select 1")

    assert storage_version(new) == storage_version(newest) != before
    assert storage_version(old) == before
