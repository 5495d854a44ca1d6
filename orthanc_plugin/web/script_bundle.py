"""The viewer's modules as one plain script: a page that is opened from a disk may not import modules."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

_IMPORT = re.compile(r"^import \{ (?P<names>[\w, ]+) \} from '\./(?P<file>[\w.-]+)';$", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:class|function\*?|const) (?P<name>\w+))", re.MULTILINE)


def bundle(modules: Mapping[str, str], entry: str) -> str:
    """One script that does what the module `entry` does; each module keeps its names to itself.

    Understands the forms of import and export that the viewer uses, and raises ValueError for any other.
    """
    done: dict[str, str] = {}
    _add(modules, entry, done)
    return "(() => {\n'use strict';\n" + "".join(done.values()) + "})();\n"


def _add(modules: Mapping[str, str], name: str, done: dict[str, str]) -> None:
    text = modules[name]
    for found in _IMPORT.finditer(text):
        if found["file"] not in done:
            _add(modules, found["file"], done)
    names = [found["name"] for found in _EXPORT.finditer(text)]
    body = _EXPORT.sub(
        "", _IMPORT.sub(lambda found: f"const {{ {found['names']} }} = {_variable(found['file'])};", text)
    )
    if re.search(r"^(?:import|export)\b", body, re.MULTILINE):
        raise ValueError(f"{name} imports or exports in a way that is not understood")
    done[name] = f"const {_variable(name)} = (() => {{\n{body}\nreturn {{ {', '.join(names)} }};\n}})();\n"


def _variable(name: str) -> str:
    return "module_" + re.sub(r"\W", "_", PurePosixPath(name).stem)
