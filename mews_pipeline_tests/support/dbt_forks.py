"""Run dbt's commands in forks of one process, which loads dbt once; that takes seconds.

A line of JSON on stdin is a command; a line with its exit status follows on stdout.
"""

import json
import os
import sys
from contextlib import redirect_stdout
from io import StringIO
from typing import Any

import duckdb
from dbt.cli.main import cli, dbtRunner

# Its default database has a thread, which a fork would lack
duckdb.close()


def main() -> None:
    """Run one command after the other, until stdin ends."""
    for number, line in enumerate(sys.stdin):
        command = json.loads(line)
        if not number:
            _warm_up(**command)
        child = os.fork()
        if not child:
            _run(**command)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201


def _enter(folder: str, environment: dict[str, str]) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)


def _warm_up(folder: str, environment: dict[str, str], folders: list[str], **_: Any) -> None:
    """Parse the project, so that the forks have what dbt compiles for its own classes."""
    _enter(folder, environment)
    with redirect_stdout(StringIO()):
        dbtRunner().invoke(["--quiet", "parse", *folders])


def _run(
    folder: str, environment: dict[str, str], folders: list[str], arguments: list[str], output: str
) -> None:
    """Do what dbt's executable does, and exit as it does."""
    _enter(folder, environment)
    for opened, stream in ((os.open(output, os.O_WRONLY), 1), (1, 2)):
        os.dup2(opened, stream)
    sys.argv = ["dbt", "--quiet", *arguments, *folders]
    cli()


if __name__ == "__main__":
    main()
