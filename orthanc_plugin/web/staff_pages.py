"""The entrance for staff. A browser that was asked for a password here sends it to all of Orthanc."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

import flask

from .pages import page


def entry() -> flask.Response:
    """Links to Orthanc Explorer and to the API's description."""
    return page("staff.html", version=_version())


def _version() -> str:
    try:
        return version("orthanc-patient-share")
    except PackageNotFoundError:
        return ""
