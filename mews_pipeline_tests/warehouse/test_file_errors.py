"""A warehouse that cannot be used is named with what to do, in a few lines and at once."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from traceback import format_exception

import dagster as dg
import duckdb
import pytest
from typer.testing import CliRunner

from mews_pipeline.cli.main import app
from mews_pipeline.defs.resources import WarehouseResource
from mews_pipeline.defs.steps import fail_with_advice
from mews_pipeline.warehouse.base import WarehouseError
from mews_pipeline.warehouse.file import DuckDBFile, warehouse_lock
from mews_pipeline.warehouse.file_errors import advice

_HEADER, _WORD = 4096, 8


def _with_checksum(content: bytearray) -> bytes:
    """Give the main header the checksum that DuckDB expects of it."""
    checksum = 5381
    for place in range(_WORD, _HEADER, _WORD):
        word = int.from_bytes(content[place : place + _WORD], "little")
        checksum ^= word * 0xBF58476D1CE4E5B9 % 2**64
    content[:_WORD] = checksum.to_bytes(_WORD, "little")
    return bytes(content)


def _newer(content: bytearray) -> bytes:
    content[12:20] = (99).to_bytes(_WORD, "little")
    return _with_checksum(content)


def _flipped(content: bytearray) -> bytes:
    content[3 * _HEADER + 1000 : 3 * _HEADER + 1200] = b"\xff" * 200
    return bytes(content)


FAULTS: dict[str, tuple[Callable[[bytearray], bytes], str]] = {
    "newer": (_newer, "is of another version of DuckDB"),
    "flipped": (_flipped, "is damaged"),
    "header": (lambda content: bytes(content[:8]) + b"DUCK" + bytes(5000), "is damaged"),
    "cut off": (lambda content: bytes(content[: len(content) // 8]), "is damaged"),
    "almost nothing": (lambda content: bytes(content[:100]), "is damaged"),
    "other": (lambda _: b"these are my notes, not a database", "is not a DuckDB file"),
}


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("healthy") / "w.duckdb"
    with DuckDBFile(path).open(lambda _: None) as connection:
        connection.execute("create table filled as select md5(range::varchar) from range(50000)")
    return path.read_bytes()


@pytest.fixture(params=list(FAULTS))
def broken(request: pytest.FixtureRequest, healthy: bytes, tmp_path: Path) -> tuple[Path, str]:
    break_it, words = FAULTS[request.param]
    path = tmp_path / "warehouse.duckdb"
    path.write_bytes(break_it(bytearray(healthy)))
    return path, words


def test_a_file_that_cannot_be_read_is_named_and_left_as_it_is(broken: tuple[Path, str]) -> None:
    path, words = broken
    before = path.read_bytes()
    with pytest.raises(WarehouseError, match=words) as refusal, DuckDBFile(path).open():
        pass
    assert "another program" not in str(refusal.value)
    assert str(path) in str(refusal.value)
    assert len(format_exception(refusal.value)) <= 20
    assert "During handling" not in "".join(format_exception(refusal.value))
    assert path.read_bytes() == before


def test_the_doctor_names_the_fault_in_one_line(broken: tuple[Path, str]) -> None:
    path, words = broken
    result = CliRunner().invoke(app, ["doctor"], env={"MEWS_WAREHOUSE": str(path)})
    [line] = [line for line in result.output.splitlines() if line.startswith("fails warehouse")]
    assert words in line
    assert "Traceback" not in result.output


def test_a_step_fails_at_once_with_the_same_words(
    broken: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, words = broken
    tries: list[str] = []
    real = duckdb.connect

    def counted(database: str, **more: object) -> object:
        tries.append(database)
        return real(database, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(duckdb, "connect", counted)

    @dg.op
    def read() -> None:
        with fail_with_advice(), WarehouseResource(database=str(path)).get_connection():
            pass

    @dg.job
    def job() -> None:
        read()

    result = job.execute_in_process(raise_on_error=False)
    [failure] = [event for event in result.all_events if event.is_step_failure]
    data = failure.step_failure_data
    assert data.user_failure_data
    assert words in str(data.user_failure_data.description)
    assert data.error
    assert (data.error.cause, data.error.context) == (None, None)
    # dagster-duckdb would try ten times more, for 100 seconds
    assert tries.count(str(path)) <= 1


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    path = tmp_path / "file" / "block" / "w.duckdb"
    with pytest.raises(WarehouseError, match="is in no folder") as refusal, warehouse_lock(path):
        pass
    assert refusal.value.__suppress_context__


_AS_NOBODY = """
import os, sys
from pathlib import Path
from mews_pipeline.warehouse.base import WarehouseError
from mews_pipeline.warehouse.file import DuckDBFile
if os.getuid() == 0: os.setuid(65534)
try:
    with DuckDBFile(Path(sys.argv[1])).open(lambda _: None): pass
except WarehouseError as error:
    print(error)
"""


@pytest.mark.parametrize("what", ["folder", "file"])
def test_what_may_not_be_written_is_named(healthy: bytes, tmp_path: Path, what: str) -> None:
    # Reachable for another user than root, unlike a folder of pytest's
    tmp_path.parent.parent.chmod(0o755)
    tmp_path.parent.chmod(0o755)
    folder = tmp_path / "data"
    folder.mkdir()
    path = folder / "warehouse.duckdb"
    if what == "file":
        path.write_bytes(healthy)
        path.chmod(0o444)
        path.with_name(path.name + ".lock").touch(0o666)
        path.with_name(path.name + ".lock").chmod(0o666)
    tmp_path.chmod(0o755)
    folder.chmod(0o555)
    ended = subprocess.run(
        [sys.executable, "-c", _AS_NOBODY, str(path)], capture_output=True, text=True, check=False
    )
    assert ended.stderr == ""
    assert "may not be written by this user" in ended.stdout


@pytest.mark.parametrize(
    ("words", "meaning"),
    [
        ("Could not set lock on file: Conflicting lock is held in python", "another program"),
        ("computed checksum 1 does not match checksum 2 in block at location 0", "is damaged"),
        ("Could not write file: No space left on device", "no room left"),
        ("Cannot open file: Permission denied", "may not be written"),
        ("something else entirely", "cannot be used"),
    ],
)
def test_words_in_the_path_do_not_decide_what_is_wrong(words: str, meaning: str) -> None:
    path = Path("/data/no space lock corrupt/w.duckdb")
    said = advice(path, duckdb.IOException(f"IO Error: {path}: {words}"))
    assert meaning in said.removeprefix(f"The warehouse {path}")


def test_another_file_is_not_taken_for_the_warehouse() -> None:
    said = advice(Path("/data/w.duckdb"), PermissionError(13, "Permission denied", "/pub/a.duckdb"))
    assert said.startswith(
        "The file /pub/a.duckdb, used with the warehouse /data/w.duckdb, may not"
    )


def test_a_step_names_a_published_file_that_cannot_be_used() -> None:
    words = "Permission denied: '/pub/a'"
    with pytest.raises(dg.Failure, match=words) as failure, fail_with_advice():
        raise PermissionError(13, "Permission denied", "/pub/a")
    assert not failure.value.allow_retries


@pytest.mark.parametrize("name", ["history/runs.db", "schedules/schedules.db"])
def test_records_of_dagster_that_are_damaged_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    file = tmp_path / "home" / name
    file.parent.mkdir(parents=True)
    file.write_bytes(b"no database at all" * 1000)
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MEWS_WAREHOUSE", str(tmp_path / "w.duckdb"))
    result = CliRunner().invoke(app, ["demo"])
    assert result.exit_code == 1
    assert "Dagster's records in" in result.stderr
    assert "file is not a database" in result.stderr
    assert len(result.output.splitlines()) <= 4
