"""Other spellings of one path, which the gate and Orthanc's own routing might read differently."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import quote

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{8}){4}")
# Folders that are open to somebody; a path that begins there must not lead out again.
_OPEN_FOLDERS = ("/portal", "/portal/static/x", "/web-viewer/app", "/web-viewer/libs", "/web-viewer/app/images")
_UP = ("..", "%2e%2e", "..%2f", "%2e%2e%2f", "..%5c", "%252e%252e", "..;", ".%2e", "..%00", "%c0%ae%c0%ae", "..%0d%0a")


def spellings(path: str, ours: str) -> Iterator[tuple[str, str]]:
    """(kind, request target) for one path; `ours` is an image of the shared study, whose file is open."""
    plain, mark, query = path.partition("?")
    rest = mark + query
    for kind, change in _CHANGES.items():
        yield kind, change(plain) + rest
    for folder in _OPEN_FOLDERS:
        for up in _UP:
            depth = folder.count("/")
            separator = "" if up.endswith(("%2f", "%5c")) else "/"
            yield "dots", f"{folder}/{separator.join([up] * depth)}{separator}{plain[1:]}{rest}"
    yield "dots", f"/instances/{ours}/file/../../..{plain}{rest}"
    yield "dots", f"/instances/{ours}/file%2f..%2f..%2f..{plain}{rest}"
    yield "dots", f"/instances/{ours}/file%00/../../..{plain}{rest}"
    yield "dots", f"/instances/{ours}/file;{plain}{rest}"
    yield "two paths", f"/instances/{ours}/file?{plain}"
    yield "two paths", f"/instances/{ours}/file%3f{plain}{rest}"
    yield "two paths", f"/instances/{ours}/file%0a{plain}{rest}"
    for key in ("_method=DELETE", "_method=POST", "_method=PUT", "_METHOD=DELETE", "_method%00=DELETE", "%5fmethod=PUT",
                "transcode=1.2.840.10008.1.2.4.70", "_=1&_=2", "_=%00", "expand", "full&requested-tags=PatientID",
                "returnUnsupportedImage=1", "series=1&series=2", "uri=/studies", "_=../../..&%2f"):  # fmt: skip
        yield "query", f"{plain}{rest}{'&' if query else '?'}{key}"
    for ids in _lists(plain + rest):
        yield "list", ids


def _lists(path: str) -> Iterator[str]:
    for match in re.finditer(r"(?:[0-9]+\.){5,}[0-9]+|" + _ID.pattern, path):
        for separator in (",", "%2C", "\\", "%5C", "%5c%5c", ";", "%3B", "%20", "|", "*", "?", "%00", "%0a"):
            yield f"{path[: match.end()]}{separator}{path[match.start() :]}"
        yield f"{path[: match.start()]}*{path[match.end() :]}"
        yield f"{path[: match.start()]}{match[0][:-1]}%3f{path[match.end() :]}"
        yield f"{path[: match.start()]}{match[0]}.{path[match.end() :]}"
        yield f"{path[: match.start()]}0{path[match.start() :]}"
    if "?" in path and "=" in path:
        plain, _, query = path.partition("?")
        key, _, value = query.partition("=")
        for other in (f"{key}=1&{query}", f"{query}&{key}=1", f"{key}%00={value}", f"{key.lower()}={value}",
                      f"{quote(key[0], safe='').lower()}{key[1:]}={value}", f"%{ord(key[0]):02x}{key[1:]}={value}",
                      f"{key}={value}%26{key}%3D1", f"{key}={value};{key}=1", f"{key}[]={value}", f"{key}+={value}",
                      f"{query}&includefield=all", f"{query}&limit=9", f"{query}&fuzzymatching=true"):  # fmt: skip
            yield f"{plain}?{other}"


def _each(path: str, wanted: Callable[[str], bool], code: Callable[[str], str]) -> str:
    return path[0] + "".join(code(char) if wanted(char) else char for char in path[1:])


def _percent(char: str) -> str:
    return f"%{ord(char):02x}"


_CHANGES: dict[str, Callable[[str], str]] = {
    "slash at the end": lambda p: p + "/",
    "slashes at the end": lambda p: p + "//",
    "slash encoded at the end": lambda p: p + "%2f",
    "doubled slash in front": lambda p: "/" + p,
    "doubled slashes": lambda p: p.replace("/", "//"),
    "dot": lambda p: p.replace("/", "/./"),
    "there and back": lambda p: "/x/.." + p,
    "letters encoded": lambda p: _each(p, str.isalpha, _percent),
    "one letter encoded": lambda p: p[:-1] + _percent(p[-1]),
    "first letter encoded": lambda p: p[:1] + (_percent(p[1]) if len(p) > 1 else "") + p[2:],
    "digits encoded": lambda p: _each(p, str.isdigit, _percent),
    "marks encoded": lambda p: _each(p, lambda c: c in "-._~", _percent),
    "slashes encoded": lambda p: _each(p, lambda c: c == "/", _percent),
    "upper-case escapes": lambda p: _each(p, str.isalpha, lambda c: _percent(c).upper()),
    "encoded twice": lambda p: _each(p, str.isalpha, lambda c: "%25" + _percent(c)[1:]),
    "slashes encoded twice": lambda p: _each(p, lambda c: c == "/", lambda _: "%252f"),
    "overlong slash": lambda p: _each(p, lambda c: c == "/", lambda _: "%c0%af"),
    "wide letters": lambda p: p + "%ef%bc%8f",
    "utf-16 escapes": lambda p: _each(p, lambda c: c == "-", lambda _: "%u002d"),
    "broken escape": lambda p: p + "%",
    "broken hex": lambda p: p + "%zz",
    "upper case": str.upper,
    "upper-case words": lambda p: _ID.sub(
        lambda m: m[0], "/".join(w if _ID.fullmatch(w) else w.title() for w in p.split("/"))
    ),
    "upper-case identifiers": lambda p: _ID.sub(lambda m: m[0].upper(), p),
    "parameter": lambda p: p + ";x",
    "parameter in the middle": lambda p: _each(p, lambda c: c == "/", lambda _: ";x=1/"),
    "null at the end": lambda p: p + "%00",
    "null and suffix": lambda p: p + "%00.html",
    "null and open file": lambda p: p + "%00/web-viewer/app/viewer.html",
    "open file and null": lambda p: "/web-viewer/app/viewer.html%00" + p,
    "line break at the end": lambda p: p + "%0d%0a",
    "line feed at the end": lambda p: p + "%0a",
    "line break in front": lambda p: "/%0a" + p[1:],
    "header in the path": lambda p: p + "%0d%0aCookie:%20x",
    "space at the end": lambda p: p + "%20",
    "tab at the end": lambda p: p + "%09",
    "plus": lambda p: p + "+",
    "dot at the end": lambda p: p + ".",
    "back-slashes": lambda p: "/" + p[1:].replace("/", "\\"),
    "back-slashes encoded": lambda p: "/" + p[1:].replace("/", "%5c"),
    "suffix": lambda p: p + ".json",
    "fragment": lambda p: p + "#/portal",
    "whole address": lambda p: "http://127.0.0.1:8042" + p,
    "whole foreign address": lambda p: "http://portal.example" + p,
    "under the portal": lambda p: "/portal" + p,
    "under the viewer": lambda p: "/web-viewer/app" + p,
    "star": lambda p: p + "/*",
    "delete character": lambda p: p + "%7f",
    "latin-1": lambda p: p + "%ff",
}
