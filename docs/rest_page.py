"""The REST reference, docs/rest.md, made from the OpenAPI document."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from orthanc_plugin.web.openapi_document import as_json

_HEAD = """# REST reference for staff and their programs

Made from [openapi.json](openapi.json), which a running server hands out at `{base}/openapi.json`; do not edit by hand.
All addresses begin with `{base}`. Requests carry the name and password of a member of staff (HTTP Basic). Bodies are
JSON in UTF-8 unless a table says otherwise; a fault is answered as a problem document (RFC 9457) whose `title` is for
people and whose `type` is for programs. {description}

A first share:

```sh
curl -u staff:password -H 'Content-Type: application/json' -d '{{"accession_number": "A-4711"}}' https://orthanc.example.org{base}/shares
```
"""


def page() -> str:
    """The whole page."""
    document = json.loads(as_json())
    base = document["servers"][0]["url"]
    parts = [_HEAD.format(base=base, description=document["info"]["description"])]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            parts.append("\n".join(_operation(path, method, operation)))
    parts.append("# What the bodies hold\n")
    for name, schema in sorted(document["components"]["schemas"].items()):
        parts.append("\n".join(_schema(name, schema)))
    return "\n".join(parts)


def _operation(path: str, method: str, operation: Mapping[str, Any]) -> Iterator[str]:
    yield f"## {method.upper()} {path}\n"
    yield f"{operation['summary']}.\n"
    parameters = operation.get("parameters", [])
    if parameters:
        yield "| Parameter | Where | Kind | Meaning |"
        yield "| --- | --- | --- | --- |"
        for one in parameters:
            needed = "" if one.get("required") else ", optional"
            meaning = _cell(one.get("description", ""))
            yield f"| `{one['name']}` | {one['in']}{needed} | {_kind(one['schema'])} | {meaning} |"
        yield ""
    for content_type, content in operation.get("requestBody", {}).get("content", {}).items():
        yield f"Body: `{content_type}`, {_kind(content.get('schema', {}))}\n"
    yield "| Answer | Body | When |"
    yield "| --- | --- | --- |"
    for status, answer in operation["responses"].items():
        bodies = [_kind(content.get("schema", {})) for content in answer.get("content", {}).values()]
        yield f"| {status} | {', '.join(bodies) or 'none'} | {_cell(answer['description'])} |"
    yield ""


def _schema(name: str, schema: Mapping[str, Any]) -> Iterator[str]:
    yield f"## {name}\n"
    if schema.get("description"):
        yield f"{_cell(schema['description'])}\n"
    if "enum" in schema:
        yield "One of " + ", ".join(f"`{value}`" for value in schema["enum"]) + ".\n"
    if not schema.get("properties"):
        return
    yield "| Field | Kind | Meaning |"
    yield "| --- | --- | --- |"
    required = schema.get("required", [])
    for field, value in schema["properties"].items():
        needed = "**required**. " if field in required else ""
        yield f"| `{field}` | {_kind(value)} | {needed}{_cell(value.get('description', ''))} |"
    yield ""


def _kind(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(_kind(one) for one in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    return str(schema.get("type", "any")) + _limits(schema)


def _limits(schema: Mapping[str, Any]) -> str:
    least, most = schema.get("minimum", schema.get("minLength")), schema.get("maximum", schema.get("maxLength"))
    unit = " characters" if schema.get("type") == "string" else ""
    if least is None and most is None:
        return ""
    if most is None:
        return f", from {least}{unit}"
    return f", up to {most}{unit}" if least is None else f", {least} to {most}{unit}"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
