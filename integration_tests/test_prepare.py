"""The folder of a practice, as the script of the compose files makes and keeps it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from .support.compose import FOLDER

pytestmark = pytest.mark.one_suite


@pytest.fixture
def prepared(tmp_path: Path) -> Callable[..., str]:
    """`prepare` over a folder that starts with these lines of `.env`; answers them after it."""

    def prepare(*staff: str, env: str | None = None) -> str:
        if env is not None:
            (tmp_path / ".env").write_text(env)
        environment = {name: value for name, value in os.environ.items() if not name.endswith("SUBNET")}
        command = ["sh", str(FOLDER / "prepare"), "https://portal.example:8443", "Praxis", *staff]
        subprocess.run(command, env={**environment, "PRACTICE": str(tmp_path)}, check=True, capture_output=True)
        return (tmp_path / ".env").read_text()

    return prepare


def test_prepare_keeps_the_lines_of_env(prepared: Callable[..., str]) -> None:
    names = "PUBLIC_NAME=portal.example\nSTAFF_NAME=staff.example\n"
    assert prepared("staff.example") == names
    assert prepared() == prepared("another.example") == names
    assert prepared(env="HTTPS_PORT=8443") == "HTTPS_PORT=8443\nPUBLIC_NAME=portal.example\nSTAFF_NAME=\n"
    assert prepared("staff.example") == f"HTTPS_PORT=8443\n{names}"
    changed = "# ours\nPUBLIC_NAME=new.example\nSTAFF_NAME=staff.example\nDICOM_ADDRESS=192.0.2.7\n"
    assert prepared("other.example", env=changed) == changed


def test_prepare_believes_the_networks_of_an_env_that_is_there(prepared: Callable[..., str], tmp_path: Path) -> None:
    prepared("staff.example", env='SUBNET=10.9.0.0/28\nSTAFF_SUBNET="10.9.0.16/28"\n')
    for name in ("orthanc.json", "internal.json", "portal.json"):
        settings = json.loads((tmp_path / name).read_text())["PatientShare"]
        assert settings["TrustedProxies"] == ["10.9.0.0/28", "10.9.0.16/28"], name
    # Made once, and then the practice's own.
    prepared(env="SUBNET=10.10.0.0/28\n")
    assert "10.9.0.0/28" in (tmp_path / "orthanc.json").read_text()


def test_prepare_believes_the_networks_of_the_compose_files_otherwise(
    prepared: Callable[..., str], tmp_path: Path
) -> None:
    prepared()
    trusted = json.loads((tmp_path / "orthanc.json").read_text())["PatientShare"]["TrustedProxies"]
    assert trusted == ["172.31.242.0/28", "172.31.242.16/28"]
