"""Write what is made from the source: API, policy, schema and table of the settings. `--check` only compares."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from docs import policy_page, rest_page
from orthanc_plugin.settings import Settings
from orthanc_plugin.web.openapi_document import as_json

ROOT = Path(__file__).parent.parent
BEGIN, END = "<!-- settings: generated -->", "<!-- /settings -->"


def schema() -> str:
    """The JSON schema of the section "PatientShare"."""
    return json.dumps(Settings.model_json_schema(), indent=2, ensure_ascii=False) + "\n"


def table() -> str:
    """The settings as a Markdown table."""
    rows = ["| Setting | Default | Meaning |", "| --- | --- | --- |", *_rows(Settings, "")]
    return "\n".join(rows)


def _rows(model: type[BaseModel], prefix: str) -> list[str]:
    rows: list[str] = []
    for name, field in model.model_fields.items():
        path = prefix + (field.alias or name)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            rows += _rows(field.annotation, path + ".")
        else:
            default = "*required*" if field.is_required() else f"`{json.dumps(_plain(field.default))}`"
            rows.append(f"| `{path}` | {default} | {field.description} |")
    return rows


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def generated() -> dict[Path, str]:
    """Every generated file with what it should hold."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return {
        ROOT / "docs" / "openapi.json": as_json(),
        ROOT / "docs" / "policy.md": policy_page.page(),
        ROOT / "docs" / "rest.md": rest_page.page(),
        ROOT / "config" / "patient-share.schema.json": schema(),
        ROOT / "README.md": f"{before}{BEGIN}\n{table()}\n{END}{after}",
    }


def main() -> int:
    """Write, or with --check compare; answers the exit status."""
    stale = [p for p, text in generated().items() if not p.exists() or p.read_text(encoding="utf-8") != text]
    for path in stale:
        if "--check" in sys.argv:
            print(f"{path.relative_to(ROOT)} is not up to date: run `make docs`", file=sys.stderr)
        else:
            path.write_text(generated()[path], encoding="utf-8")
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
