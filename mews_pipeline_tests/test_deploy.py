"""What deploy/ ships: units that can do little, proxies that refuse other web pages."""

import shutil
import subprocess
from pathlib import Path

import pytest

DEPLOY = Path(__file__).parents[1] / "deploy"
UNITS = sorted(DEPLOY.rglob("*.service"))


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
@pytest.mark.parametrize(
    "line",
    [
        "UMask=0077",
        "NoNewPrivileges=true",
        "CapabilityBoundingSet=",
        "ProtectSystem=strict",
        "SystemCallFilter=@system-service",
        "LimitNOFILE=65536",
    ],
)
def test_a_unit_is_restricted(unit: Path, line: str) -> None:
    assert line in unit.read_text().splitlines()


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd")
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_systemd_counts_a_unit_as_little_exposed(unit: Path) -> None:
    told = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=30", str(unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stdout[-200:]


@pytest.mark.parametrize("name", ["Caddyfile", "nginx.conf"])
def test_a_proxy_checks_origin_and_site(name: str) -> None:
    text = (DEPLOY / name).read_text().lower().replace("-", "_")
    for word in ("origin", "sec_fetch_site", "sec_fetch_mode", "403"):
        assert word in text
