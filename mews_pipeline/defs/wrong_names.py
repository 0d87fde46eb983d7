"""Name the assets, jobs and days that there are when `dg launch` is given others.

The command runs in this process and ends on what is wrong with the traceback of Dagster's own
checks. An error of these kinds becomes one line here; any other keeps its traceback.
"""

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from types import TracebackType

import dagster as dg

_COMMANDS = {"dg", "dagster"}
_PARTITIONS, _ASSETS, _JOBS = (
    ("--partition", "--partition-range"),
    ("--assets", "--select"),
    ("--job", "-j"),
)
# A name in Dagster's selections: one key, or key:"…"; * and others select by pattern
_KEY = re.compile(r"(?:key:)?\"?([\w]+(?:/[\w]+)*)\"?")


def report_wrong_names(definitions: dg.Definitions, first_day: date, today: date) -> None:
    """Have Dagster's commands, and no other program, end on a wrong name with one line."""
    if Path(sys.argv[0]).name not in _COMMANDS:
        return
    graph = definitions.resolve_asset_graph()
    assets = [key.to_user_string() for key in graph.get_all_asset_keys()]
    jobs = [job.name for job in definitions.resolve_all_job_defs()]
    before = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        wrong = [
            *wrong_names("asset", _given(sys.argv, _ASSETS), assets),
            *wrong_names("job", _given(sys.argv, _JOBS), jobs),
            *wrong_days(_given(sys.argv, _PARTITIONS), first_day, today),
        ]
        if wrong and isinstance(error, Exception):
            sys.stderr.write(f"Error: {' '.join(wrong)}\n")
        else:
            before(kind, error, trace)

    sys.excepthook = hook


def wrong_names(what: str, given: Iterable[str], known: Sequence[str]) -> Iterator[str]:
    """Yield a sentence for each given name that is not known, with the nearest ones."""
    for text in given:
        for name in text.split(","):
            found = _KEY.fullmatch(name.strip())
            if not found or found.group(1) in known:
                continue
            asked = found.group(1)
            near = get_close_matches(asked, known, 3, 0.7)
            near = near or [each for each in known if asked in each][:3]
            there = f"The nearest: {', '.join(near)}." if near else "The UI lists all."
            yield f"There is no {what} {asked}. {there}"


def wrong_days(given: Iterable[str], first: date, last: date) -> Iterator[str]:
    """Yield a sentence for each given partition that is no day of the pipeline."""
    for text in given:
        for part in text.split("..."):
            # Behind the day there may be a group of tokens
            day = part.partition("|")[0]
            if not _is_day(day) or not first <= date.fromisoformat(day) <= last:
                yield (
                    f"There is no partition {day}: there is one for each UTC day from {first} "
                    f"(MEWS_START_DATE) to {last}."
                )


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _given(arguments: Sequence[str], flags: Iterable[str]) -> Iterator[str]:
    """Yield the values of flags, as `--flag value` or `--flag=value`."""
    for position, argument in enumerate(arguments):
        flag, equals, value = argument.partition("=")
        if flag in flags:
            yield value if equals else next(iter(arguments[position + 1 :]), "")
