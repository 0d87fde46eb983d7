"""The suites give tests that share a service to one process."""

from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling

from mews_pipeline_tests.support import processes
from mews_pipeline_tests.support.processes import ByFile, scope

TESTS = "mews_pipeline_tests"


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("service/test_wheel.py::test_a", "service/test_wheel.py::test_b[c::d]", True),
        ("service/test_daemon.py::test_a", "service/test_ui.py::test_b", True),
        ("service/test_wheel.py::test_a", "service/test_ui.py::test_a", False),
        ("service/test_kills.py::test_a[1]", "service/test_kills.py::test_a[2]", False),
    ],
)
def test_a_file_is_one_unit_unless_it_says_otherwise(one: str, other: str, together: bool) -> None:
    assert (scope(f"{TESTS}/{one}") == scope(f"{TESTS}/{other}")) is together


def test_the_scheduler_replaces_a_method_of_xdist_and_make_asks_for_it() -> None:
    assert ByFile._split_scope is not vars(LoadScopeScheduling)["_split_scope"]
    assert "--dist loadscope " in (Path(__file__).parents[1] / "Makefile").read_text("utf-8")


def test_every_file_with_a_rule_of_its_own_exists() -> None:
    files = {path.name for path in Path(__file__).parent.rglob("test_*.py")}
    assert files >= processes._ONE_DAEMON | processes._EACH_ALONE
