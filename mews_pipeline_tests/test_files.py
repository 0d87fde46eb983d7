"""Files get their modes where they are created, not from the umask of the process."""

import grp
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from mews_pipeline.files import (
    GroupError,
    is_open,
    private_file,
    private_folder,
    publish_file,
    published_folder,
)


@pytest.fixture(autouse=True, params=[0o000, 0o022, 0o077], ids=["open", "usual", "strict"])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    """Set a umask that the code under test must neither depend on nor change."""
    before = os.umask(request.param)
    yield request.param
    assert os.umask(before) == request.param


def mode(path: Path) -> int:
    """Return the permissions of a file or folder."""
    return path.stat().st_mode & 0o777


def own_group() -> str:
    """Return a group of this user."""
    return grp.getgrgid(os.getgid()).gr_name


def test_a_private_folder_and_those_above_it_are_for_this_user_alone(tmp_path: Path) -> None:
    folder = private_folder(tmp_path / "data" / "lake")
    assert [mode(each) for each in (folder, folder.parent)] == [0o700, 0o700]


def test_a_private_folder_that_exists_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    assert mode(private_folder(tmp_path)) == 0o750


def test_a_private_file_is_for_this_user_alone(tmp_path: Path) -> None:
    assert mode(private_file(tmp_path / "rows")) == 0o600


def test_a_file_that_was_open_is_taken_from_others(tmp_path: Path) -> None:
    path = tmp_path / "rows"
    path.write_text("guests")
    path.chmod(0o644)
    assert mode(private_file(path)) == 0o600
    assert path.read_text() == "guests"


def test_what_is_written_into_a_private_file_stays_private(tmp_path: Path) -> None:
    path = private_file(tmp_path / "page")
    path.write_text("guests")
    assert mode(path) == 0o600


def test_published_files_are_for_all(tmp_path: Path) -> None:
    folder = published_folder(tmp_path / "published")
    path = publish_file(private_file(folder / "analytics"))
    assert (mode(folder), mode(path)) == (0o755, 0o444)


def test_published_files_are_for_the_group_alone_where_one_is_set(tmp_path: Path) -> None:
    folder = published_folder(tmp_path / "published", own_group())
    path = publish_file(private_file(folder / "analytics"), own_group())
    assert (mode(folder), mode(path)) == (0o750, 0o440)
    assert path.group() == folder.group() == own_group()


def test_a_group_that_is_none_shares_nothing(tmp_path: Path) -> None:
    path = private_file(tmp_path / "analytics")
    with pytest.raises(GroupError, match="nobody-of-this-name of MEWS_PUBLISHED_GROUP"):
        publish_file(path, "nobody-of-this-name")
    assert mode(path) == 0o600


@pytest.mark.parametrize(("bits", "opened"), [(0o600, False), (0o640, True), (0o604, True)])
def test_an_open_file_is_seen(tmp_path: Path, bits: int, opened: bool) -> None:
    path = private_file(tmp_path / ".env")
    path.chmod(bits)
    assert is_open(path) == opened
