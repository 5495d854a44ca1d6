"""The checked-in table of routes (routes.toml) and what it says about a path."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Self


class RouteClass(StrEnum):
    """For whom a route is there."""

    OWN_EVERYBODY = "own_everybody"
    OWN_RECIPIENT = "own_recipient"
    OWN_STAFF = "own_staff"
    VIEWER_FILE = "viewer_file"
    VIEWER_DATA = "viewer_data"
    NATIVE = "native"

    @property
    def own(self) -> bool:
        """Whether the product answers it itself."""
        return self.value.startswith("own")


@dataclass(frozen=True)
class Table:
    """Template of a route -> its class; files and probes apart, since nothing announces them."""

    routes: Mapping[str, RouteClass]
    files: Mapping[str, RouteClass]
    probes: Mapping[str, RouteClass]

    @classmethod
    def load(cls) -> Self:
        """Read the table; a route that is written twice is an error."""
        raw = tomllib.loads(Path(__file__).with_name("routes.toml").read_text(encoding="utf-8"))
        files, probes = raw.pop("files"), raw.pop("probes")
        return cls(_by_template(raw), _by_template(files), _by_template(probes))

    def unknown(self, announced: Iterable[str], files: Iterable[str] = ()) -> list[str]:
        """What is announced and not in the table."""
        strangers = [route for route in announced if route not in self.routes]
        return sorted(strangers + [path for path in files if self.class_of_file(path) is None])

    def vanished(self, announced: Iterable[str]) -> list[str]:
        """What is in the table and no longer announced."""
        return sorted(set(self.routes) - set(announced))

    def class_of_file(self, path: str) -> RouteClass | None:
        """The class of a static file."""
        exact = self.files.get(path)
        return exact or next((found for pattern, found in self._patterns if pattern.fullmatch(path)), None)

    @property
    def named_viewer_files(self) -> list[str]:
        """The files of viewers that the table names one by one."""
        found = self.files.items()
        return [path for path, kind in found if kind is RouteClass.VIEWER_FILE and "{" not in path]

    @cached_property
    def _patterns(self) -> list[tuple[re.Pattern[str], RouteClass]]:
        patterns = [(name, found) for name, found in self.files.items() if "{path}" in name]
        patterns.sort(key=lambda entry: -len(entry[0]))
        return [(re.compile(re.escape(name).replace(r"\{path\}", ".+")), found) for name, found in patterns]


def _by_template(raw: Mapping[str, list[str]]) -> dict[str, RouteClass]:
    table: dict[str, RouteClass] = {}
    for name, templates in raw.items():
        for template in templates:
            if template in table:
                raise ValueError(f"{template} is in the table twice")
            table[template] = RouteClass(name)
    return table
