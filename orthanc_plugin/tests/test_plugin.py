from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest

import orthanc_plugin
from orthanc_plugin import composition

PACKAGE = Path(orthanc_plugin.__file__).parent


def test_the_script_starts_the_plugin_and_takes_its_own_folder_off_the_module_path(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(composition, "start_or_stop", lambda: started.append(list(sys.path)))
    # Orthanc puts the script's folder first and runs the script as a module of the top level.
    monkeypatch.setattr(sys, "path", [str(PACKAGE), *sys.path])
    runpy.run_path(str(PACKAGE / "plugin.py"))
    (seen,) = started
    assert str(PACKAGE) not in seen
    assert str(PACKAGE.parent) in seen


def test_no_module_of_the_package_bears_the_name_of_one_of_pythons() -> None:
    beside = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()}
    assert beside & set(sys.stdlib_module_names) == set()
