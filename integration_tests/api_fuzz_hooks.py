"""Schemathesis: leave out what Orthanc itself answers before this product is asked."""

from typing import Any

import schemathesis


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: Any) -> None:
    """Take headers out that are not ASCII: Orthanc's Python plugin cannot hand them over and answers 500.

    It does so in the request filter, so that nothing is served.
    """
    for name in [name for name, value in (case.headers or {}).items() if not f"{name}{value}".isascii()]:
        del case.headers[name]


@schemathesis.serializer("application/pdf")
def pdf(_context: Any, value: Any) -> bytes | None:
    """What is generated for a PDF goes out as it is."""
    return value if value is None or isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")
