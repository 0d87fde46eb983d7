"""A demo replaces an earlier one as a whole, and no other warehouse."""

import signal
import subprocess
import sys
from contextlib import suppress
from datetime import date
from pathlib import Path

import duckdb
import pytest

from mews_pipeline import demo_mode
from mews_pipeline.demo.replacing import in_use, replaced
from mews_pipeline.demo_mode import DemoError

OLD, NEW = date(2026, 1, 1), date(2026, 2, 1)
# Replaces a warehouse, and is killed before the end
HALFWAY = """
import sys
from datetime import date
from pathlib import Path
import duckdb
from mews_pipeline.demo.replacing import replaced
with replaced(Path(sys.argv[1]), date(2026, 2, 1)) as new:
    duckdb.connect(str(new)).execute("create table made_by as select 'new' as run")
    print("halfway", flush=True)
    sys.stdin.read()
"""


def write(path: Path, run: str) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"create table made_by as select '{run}' as run")


def made_by(path: Path) -> str:
    with duckdb.connect(str(path), read_only=True) as connection:
        return str(connection.execute("select run from made_by").fetchall()[0][0])


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    path = tmp_path / "a folder" / "warehouse.duckdb"
    demo_mode.mark(path, OLD)
    write(path, "old")
    return path


def test_the_new_warehouse_takes_the_place_of_the_old_one(warehouse: Path) -> None:
    with replaced(warehouse, NEW) as new:
        write(new, "new")
        assert made_by(warehouse) == "old"
    assert made_by(warehouse) == "new"
    assert demo_mode.first_day(warehouse) == NEW
    assert not list(warehouse.parent.glob(".*"))


def test_a_demo_that_fails_leaves_the_old_one(warehouse: Path) -> None:
    with suppress(ZeroDivisionError), replaced(warehouse, NEW) as new:
        write(new, "new")
        _ = 1 / 0
    assert made_by(warehouse) == "old"
    assert demo_mode.first_day(warehouse) == OLD
    assert not new.exists()


def test_a_demo_that_is_killed_leaves_the_old_one_and_the_next_one_works(warehouse: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HALFWAY, str(warehouse)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == b"halfway\n"
        process.send_signal(signal.SIGKILL)
    assert made_by(warehouse) == "old"
    with replaced(warehouse, NEW) as new:
        assert not new.exists()
        write(new, "new")
    assert made_by(warehouse) == "new"


def test_a_warehouse_that_is_not_of_a_demo_is_not_touched(tmp_path: Path) -> None:
    foreign = tmp_path / "warehouse.duckdb"
    write(foreign, "somebody")
    with (
        pytest.raises(DemoError, match="not from the demo, and was not touched"),
        replaced(foreign, NEW),
    ):
        pytest.fail("it was replaced")
    assert made_by(foreign) == "somebody"


def test_a_warehouse_that_a_running_instance_uses_is_not_replaced(warehouse: Path) -> None:
    with (
        in_use(warehouse),
        in_use(warehouse),
        pytest.raises(DemoError, match="in use by a running mews-pipeline dev"),
        replaced(warehouse, NEW),
    ):
        pytest.fail("it was replaced")
    with replaced(warehouse, NEW) as new:
        write(new, "new")
        with pytest.raises(DemoError, match="in use by a running demo"), in_use(warehouse):
            pytest.fail("it was used")
