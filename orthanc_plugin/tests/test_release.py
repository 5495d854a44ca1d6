"""The wheel: the same bytes whenever it is built, everything in it that is needed at run time, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
THEME, PLUGIN = ROOT / "viewer_theme", ROOT / "orthanc_plugin"


def build(folder: Path) -> Path:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)],
        cwd=ROOT,
        env={**os.environ, "SOURCE_DATE_EPOCH": "1577836800"},
        check=True,
        capture_output=True,
    )
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("wheel"))


def test_the_same_source_gives_the_same_bytes(wheel: Path, tmp_path: Path) -> None:
    assert build(tmp_path).read_bytes() == wheel.read_bytes()


def test_everything_that_is_read_at_run_time_is_in_it(wheel: Path) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    theme = {
        f"orthanc_plugin/{path.relative_to(ROOT).as_posix()}"
        for path in THEME.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    own = {path.relative_to(ROOT).as_posix() for path in PLUGIN.rglob("*") if path.suffix in (".py", ".po", ".mako")}
    own = {name for name in own if "/tests/" not in name}
    assert len(theme) > 100 and len(own) > 200
    assert theme - inside == set() and own - inside == set()


def test_nothing_else_is_in_it(wheel: Path) -> None:
    inside = zipfile.ZipFile(wheel).namelist()
    assert [name for name in inside if "/tests/" in name or name.endswith((".pyc", ".sqlite3", ".pem", ".key"))] == []
    assert {name.split("/")[0].split("-")[0] for name in inside} <= {"orthanc_plugin", "orthanc_patient_share"}
    assert any(name.endswith("licenses/LICENSE") for name in inside)
