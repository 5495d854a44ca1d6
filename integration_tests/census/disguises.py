"""Headers and bodies that might make a request look like another one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from .corpus import Subject
from .wire import Headers

JSON = ("Content-Type", "application/json")
_BOUNDARY = "between"


def headers(path: str, host: str, cookie: str, closed: str) -> Iterator[tuple[str, Headers]]:
    """(kind, headers) to be added to a GET; `closed` is the cookie of a share that is closed."""
    for name in ("X-HTTP-Method-Override", "x-http-method-override", "X-HTTP-Method", "X-Method-Override"):
        for method in ("DELETE", "PUT", "POST"):
            yield "override", [(name, method)]
    for name in ("X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Prefix", "X-Forwarded-Uri", "Referer"):
        yield "other path", [(name, path if "URL" in name else "/portal/study")]
    for value in ("localhost", "portal.example", f"{host}@portal.example", "", "127.0.0.1:1", "[::1]", "a b"):
        yield "host", [("Host", value)]
    for value in ("127.0.0.1", "::1", "10.0.0.1, 127.0.0.1", "localhost", "'", "unknown"):
        yield "forwarded", [("X-Forwarded-For", value), ("X-Real-IP", value), ("Forwarded", f"for={value};proto=https")]
    yield (
        "forwarded",
        [("X-Forwarded-Host", "portal.example"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-User", "staff")],
    )
    yield "user", [("X-Remote-User", "staff"), ("Remote-User", "staff"), ("X-Forwarded-User", "staff")]
    for value in ("bytes=0-", "bytes=0-10,20-30", "bytes=-1", "bytes=5-1", "x"):
        yield "range", [("Range", value)]
    for value in ("*/*", "text/html", "image/jpeg", "application/dicom", "application/dicom; transfer-syntax=*",
                  "application/dicom; transfer-syntax=1.2.840.10008.1.2.4.70", "application/json", "",
                  'multipart/related; type="application/dicom"', "application/dicom+json",
                  'multipart/related; type="image/jp2"; transfer-syntax=1.2.840.10008.1.2.4.90',
                  "application/octet-stream", "image/x-portable-arbitrarymap"):  # fmt: skip
        yield "accept", [("Accept", value)]
    yield "encoding", [("Accept-Encoding", "gzip, deflate, br")]
    for value in (
        "Basic",
        "Basic ",
        "Basic Og==",
        "Basic c3RhZmY6",
        "Basic c3RhZmY6c3RhZmY=",
        "Bearer x",
        "Digest x",
        "basic %",
        ":",
    ):
        yield "authorization", [("Authorization", value)]
    for value in (closed, f"{closed}; {cookie}", f"{cookie}; {closed}", f"{cookie}, {closed}", "=", ";" * 50,
                  'x="\\', f"{cookie}x", cookie.upper(), cookie.replace("=", '="') + '"',
                  "patient-share=" + "A" * 9000, "$Version=1; " + cookie):  # fmt: skip
        yield "cookie", [("Cookie", value)]
    yield "two cookies", [("Cookie", closed), ("Cookie", cookie)]
    yield "two hosts", [("Host", host), ("Host", "portal.example")]
    yield (
        "upgrade",
        [
            ("Connection", "Upgrade"),
            ("Upgrade", "websocket"),
            ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", "eA=="),
        ],
    )
    yield "webdav", [("Depth", "infinity"), ("Destination", "/webdav/x"), ("Translate", "f")]
    yield "cached", [("If-None-Match", "*"), ("If-Modified-Since", "Thu, 01 Jan 1970 00:00:00 GMT")]
    for value in ("multipart/form-data; boundary=x", "Multipart/Form-Data", " multipart/form-data", "application/json"):
        yield "type of nothing", [("Content-Type", value)]
    yield "folded", [("X-Folded", "a\r\n Cookie: " + cookie)]


def bodies(
    template: str, own: Subject, others: Mapping[str, Subject], closed: str
) -> Iterator[tuple[str, Headers, bytes]]:
    """(kind, headers, body) for POST, PUT and PATCH: all of them name what the sender may not have."""
    b, c = others["B/1"], others["C/1"]
    everything = [b.study, c.study, c.series, *c.instances, own.study]
    query = {"Level": "Study", "Query": {"PatientID": "*", "StudyInstanceUID": f"{b.study_uid}\\{c.study_uid}"},
             "Expand": True, "Resources": everything, "Asynchronous": False, "Synchronous": True, "Metadata": ["1024"],
             "Transcode": "1.2.840.10008.1.2.1", "KeepSource": False, "Force": True,
             "Replace": {"PatientName": "X"}}  # fmt: skip
    yield "names others", [JSON], json.dumps(query).encode()
    yield "list", [JSON], json.dumps(everything).encode()
    yield "one", [("Content-Type", "text/plain")], c.study_uid.encode()
    yield "nothing", [JSON], b""
    yield "share", [JSON], json.dumps({"orthanc_id": c.study, "validity_days": 1}).encode()
    form = [("Content-Type", "application/x-www-form-urlencoded")]
    yield "form", form, f"_method=DELETE&code=00000-00000-0000&password=00000-00000&resources={c.study}".encode()
    yield "override", [*form, ("X-HTTP-Method-Override", "GET")], b"_method=GET"
    for inner in (
        f"Cookie: {closed}",
        "Authorization: Basic c3RhZmY6c3RhZmY=",
        "X-HTTP-Method-Override: GET",
        "Content-Type: application/json",
    ):
        for kind in ("form-data", "related", "mixed"):
            yield (
                f"multipart/{kind}",
                [("Content-Type", f"multipart/{kind}; boundary={_BOUNDARY}")],
                _multipart(inner, c.study),
            )
    yield (
        "stow",
        [("Content-Type", f'multipart/related; type="application/dicom"; boundary={_BOUNDARY}')],
        _multipart("", "DICM"),
    )
    yield "chunks", [JSON, ("Transfer-Encoding", "chunked")], b"2\r\n{}\r\n0\r\n\r\n"
    yield "both lengths", [JSON, ("Content-Length", "0"), ("Transfer-Encoding", "chunked")], b"0\r\n\r\n"
    yield "huge", [JSON, ("Content-Length", "99999999999")], b"{}"
    yield "negative", [JSON, ("Content-Length", "-1")], b"{}"
    if template.startswith("/portal/login"):
        yield "credentials", form, f"code={c.study[:14]}&password=0123456789".encode()


def _multipart(inner: str, content: str) -> bytes:
    head = f'Content-Disposition: form-data; name="a"; filename="a"\r\n{inner}\r\n' if inner else ""
    return f"--{_BOUNDARY}\r\n{head}\r\n{content}\r\n--{_BOUNDARY}--\r\n".encode()
