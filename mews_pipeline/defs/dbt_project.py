"""The dbt project as Dagster reads it: its folder, its manifest, the meanings of raw columns."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dagster_dbt import DbtCliResource, DbtProject
from filelock import FileLock
from packaging.version import Version

from mews_pipeline.errors import PipelineError
from mews_pipeline.files import PRIVATE_FILE, private_file, private_folder
from mews_pipeline.shipped import shipped
from mews_pipeline.warehouse import fingerprint

Manifest = Mapping[str, Any]
# The dbt of this Python's environment, whether or not it is on the PATH
_DBT = Path(sys.executable).with_name("dbt")
_PARSED = "partial_parse.msgpack"


class DbtProjectError(PipelineError):
    """The manifest cannot be made; the message says why."""


def project(state: Path, folder: Path | None = None) -> DbtProject:
    """Give the shipped dbt project (or that of `folder`), which writes under the state folder only.

    A target of its own also keeps it apart from what `dbt build` by hand leaves in target/, which
    comes from a partial parse.
    """
    return DbtProject(
        project_dir=folder or shipped("dbt_project"), target_path=state.absolute() / "dbt"
    )


def manifest_of(project: DbtProject, environment: Mapping[str, str] | None = None) -> Manifest:
    """Read the manifest, parsing the project first where the one at hand is of other content.

    Content decides, not file times: an installer may give new files an old time. The whole project
    is parsed: after a macro has changed, dbt's partial parse loses the descriptions and meta of
    tests. Dagster's `prepare_if_dev` works only under `dagster dev`, with dbt on the PATH.

    `environment` is that of the builds: dbt parses the whole project again for a build in another
    one, such as with another path of the warehouse (keep_parsed).
    """
    manifest, known = project.manifest_path, project.target_path / "parsed_from"
    try:
        # dbt creates its files by the umask: the folder keeps others out
        private_folder(project.target_path)
        with FileLock(project.target_path / "parse.lock", mode=PRIVATE_FILE):
            wanted = _content_key(project.project_dir)
            if not (manifest.exists() and known.exists() and known.read_text() == wanted):
                known.unlink(missing_ok=True)
                _parse(project, environment or {})
                private_file(known).write_text(wanted)
            return dict(json.loads(manifest.read_bytes()))
    except OSError as error:
        raise DbtProjectError(
            f"dbt's files cannot be kept in {project.target_path}: {error.strerror or error}. "
            "Set MEWS_STATE to a folder that may be written."
        ) from None


def _content_key(folder: Path) -> str:
    """Hash what a manifest is made of: the project's files and place, and dbt's version."""
    hashed = hashlib.sha256(f"{version('dbt-core')} {version('dbt-duckdb')} {folder}".encode())
    for path in fingerprint.project_files(folder):
        content = path.read_bytes()
        hashed.update(f"{path.relative_to(folder).as_posix()} {len(content)} ".encode() + content)
    return hashed.hexdigest()


def keep_parsed(project: DbtProject, target: Path) -> None:
    """Keep what dbt parsed for a build into `target`, so that the next build need not parse again.

    It is what was at hand unless the build had another environment.
    """
    with suppress(FileNotFoundError):
        (target / _PARSED).replace(project.target_path / _PARSED)


def _parse(project: DbtProject, environment: Mapping[str, str]) -> None:
    kept = str(project.target_path)
    # Without its own log path dbt would write into the project's folder, which may be read-only
    folders = ("--target-path", kept, "--log-path", kept, "--profiles-dir", ".")
    parsed = subprocess.run(  # noqa: S603
        [_DBT, "--quiet", "--no-partial-parse", "parse", *folders],
        cwd=project.project_dir,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
        umask=0o077,
    )
    if parsed.returncode:
        words = (parsed.stdout + parsed.stderr).strip()
        raise DbtProjectError(f"dbt cannot parse {project.project_dir}:\n{words}")


class _Dbt(DbtCliResource):
    """dbt without the calls that dagster-dbt makes before each command to fetch metadata.

    These are `dbt --version` and a second load of the project, a few seconds (dbt_metadata.py
    fetches the metadata instead).
    """

    @property
    def _cli_version(self) -> Version:
        return Version(version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> None:  # type: ignore[override]  # noqa: ARG002
        return None


def cli(project: DbtProject) -> DbtCliResource:
    """Make the resource that runs dbt."""
    return _Dbt(project_dir=str(project.project_dir), dbt_executable=str(_DBT))


def raw_column_meanings(manifest: Manifest, table: str) -> dict[str, str]:
    """Give the meaning of each column of a raw table, from the staging model of that table.

    A staging column that renames a raw one names it in `meta.raw_column`.
    """
    staged = manifest["nodes"][f"model.mews_pipeline.stg_mews__{table}"]["columns"]
    renamed = {
        raw: column["description"]
        for column in staged.values()
        if (raw := column.get("meta", {}).get("raw_column"))
    }
    return {name: column["description"] for name, column in staged.items()} | renamed
