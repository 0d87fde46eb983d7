"""The metrics as the YAML files of the dbt project define them; needs no extra."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from mews_pipeline.publish.marts import MARTS
from mews_pipeline.shipped import shipped

TIMES = ("day", "week", "month", "quarter", "year")
_TIME_SPINE = {"model": "dim_date", "column": "date_day"}


@dataclass(frozen=True)
class Metric:
    """A metric: its name, its label, its meaning, and what else to know of its dates."""

    name: str
    label: str
    meaning: str
    dated_by: str
    formula: str
    # What it is always grouped by, since it must not be added over these
    always_by: tuple[str, ...] = ()
    is_money: bool = False
    is_ratio: bool = False


def folder() -> Path:
    """Give the folder of the marts, which has the two files of the semantic layer."""
    return shipped("dbt_project") / "models" / "marts"


@cache
def semantic_models() -> list[dict[str, Any]]:
    """Read the semantic models as they are written."""
    return _read("_semantic_models.yml", "semantic_models")


@cache
def _metrics() -> list[dict[str, Any]]:
    return _read("_metrics.yml", "metrics")


def _read(name: str, key: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load((folder() / name).read_text(encoding="utf-8"))[key])


def metrics() -> list[Metric]:
    """List the metrics in the order of their file."""
    return [_metric(written) for written in _metrics()]


def _metric(written: dict[str, Any]) -> Metric:
    given = written["type_params"]
    if written["type"] == "ratio":
        above, below = given["numerator"]["name"], given["denominator"]["name"]
        formula = f"{above} / {below}"
        numerator = next(each for each in _metrics() if each["name"] == above)
        model = _model_of(numerator["type_params"]["measure"])
    else:
        model = _model_of(given["measure"])
        formula = f"sum over {table_of(model)}"
    return Metric(
        written["name"],
        written["label"],
        written["description"].strip(),
        model["defaults"]["agg_time_dimension"],
        formula,
        tuple(_meta(model).get("always_by", ())),
        is_money=_meta(written).get("unit") == "money",
        is_ratio=written["type"] == "ratio",
    )


def _meta(written: dict[str, Any]) -> dict[str, Any]:
    meta: dict[str, Any] = written.get("config", {}).get("meta", {})
    return meta


def _model_of(measure: str) -> dict[str, Any]:
    return next(
        model
        for model in semantic_models()
        if measure in {each["name"] for each in model.get("measures", ())}
    )


def table_of(model: dict[str, Any]) -> str:
    """Give the name of the mart that a semantic model reads."""
    found = re.fullmatch(r"ref\('(\w+)'\)", model["model"])
    assert found, model["model"]  # noqa: S101 - written in this repository, held by a test
    return found[1]


def documents() -> list[dict[str, Any]]:
    """Give the semantic layer as the documents of MetricFlow's own parser.

    dbt would parse the whole project for the same, in seconds, and write the name of the warehouse
    into it. Tables are named by schema and table, so they are those of the opened copy. MetricFlow
    does not read what we declare in `config`.
    """
    models = [
        {
            "semantic_model": {
                **{key: value for key, value in model.items() if key not in {"model", "config"}},
                "node_relation": {"schema_name": MARTS, "alias": table_of(model)},
            }
        }
        for model in semantic_models()
    ]
    spine = {
        "node_relation": {"schema_name": MARTS, "alias": _TIME_SPINE["model"]},
        "primary_column": {"name": _TIME_SPINE["column"], "time_granularity": "day"},
    }
    project = {"project_configuration": {"time_spines": [spine]}}
    metrics_alone = [
        {"metric": {key: value for key, value in metric.items() if key != "config"}}
        for metric in _metrics()
    ]
    return [project, *models, *metrics_alone]
