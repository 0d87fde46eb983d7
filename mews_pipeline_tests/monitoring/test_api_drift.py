"""The comparison with the vendor's OpenAPI document, on the sandbox's one and changed copies."""

import json
from collections.abc import Callable
from copy import deepcopy
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from mews_pipeline.monitoring.api_drift import differences, main

Document = dict[str, Any]
DOCUMENT: Document = json.loads(
    files("mews_pipeline.sandbox.server").joinpath("openapi.json").read_text()
)


def _about_reservations(document: Document) -> list[str]:
    return [line for line in differences(document) if line.startswith("reservations:")]


def _reservation(document: Document) -> dict[str, Any]:
    found: dict[str, Any] = document["components"]["schemas"]["Reservation"]["properties"]
    return found


def _gains_a_field(document: Document) -> None:
    _reservation(document)["LoyaltyTier"] = {"type": "string", "deprecated": True}


def _gains_a_nested_field(document: Document) -> None:
    options = document["components"]["schemas"]["ServiceOrderOptions"]["properties"]
    options["DigitalKeyIssued"] = {"type": "boolean"}


def _loses_a_field(document: Document) -> None:
    del _reservation(document)["Purpose"]


def _gains_a_value(document: Document) -> None:
    _reservation(document)["CommanderOrigin"]["enum"].append("Telegram")


def _loses_a_value(document: Document) -> None:
    document["components"]["schemas"]["ServiceOrderState"]["enum"].remove("Requested")


def test_the_document_of_the_sandbox_agrees_with_the_entities() -> None:
    assert _about_reservations(DOCUMENT) == []


@pytest.mark.parametrize(
    ("change", "line"),
    [
        pytest.param(_gains_a_field, "lacks LoyaltyTier (deprecated)", id="a new field"),
        pytest.param(
            _gains_a_nested_field, "lacks Options.DigitalKeyIssued", id="a new field below"
        ),
        pytest.param(
            _loses_a_field, "declares Purpose, which is not documented", id="a field less"
        ),
        pytest.param(
            _gains_a_value, "lacks the value Telegram of CommanderOrigin", id="a new value"
        ),
        pytest.param(
            _loses_a_value,
            "declares the value Requested of State, which is not documented",
            id="a value less",
        ),
    ],
)
def test_each_change_of_the_document_is_one_line(
    change: Callable[[Document], None], line: str
) -> None:
    document = deepcopy(DOCUMENT)
    change(document)

    assert _about_reservations(document) == [f"reservations: {line}"]


def test_an_operation_that_is_gone_is_named() -> None:
    assert "resources: the document has no operation resources/getAll" in [*differences(DOCUMENT)]


def test_a_file_is_compared_and_a_page_that_is_no_document_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = tmp_path / "swagger.yaml"
    document.write_text(json.dumps(DOCUMENT))
    assert main(str(document)) == 0
    assert "resources: the document has no operation" in capsys.readouterr().out

    document.write_text("<html>not found</html>")
    assert main(str(document)) == 1
    assert "is no OpenAPI document" in capsys.readouterr().err
