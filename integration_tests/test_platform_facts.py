"""Facts about Orthanc that the product is built on; a new release that changes one must fail here, not at a patient."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
import requests

from harness.server import File, OrthancServer, refused_start
from orthanc_plugin.tests.support.fake_orthanc import FAKED

PROBE = "/tmp/probe/plugin.py"
SCRIPT = b"""
import json, orthanc

def status(output, uri, **request):
    output.SendHttpStatus(int(uri.rsplit("/", 1)[1]), b"x")

def answer(output, uri, **request):
    output.SetHttpHeader("X-Query", json.dumps(request.get("get", {})))
    output.SendHttpStatus(404, b"<b>x</b>")

def names(output, uri, **request):
    found = {name: dir(getattr(orthanc, name)) for name in dir(orthanc)}
    output.AnswerBuffer(json.dumps(found), "application/json")

def seen(uri, **request):
    calls.append([uri, request["method"], sorted(request)])
    return True

def filtered(output, uri, **request):
    output.AnswerBuffer(json.dumps(calls), "application/json")

calls = []
orthanc.RegisterRestCallback("/probe/answer", answer)
orthanc.RegisterRestCallback("/probe/names", names)
orthanc.RegisterRestCallback("/probe/status/[0-9]+", status)
orthanc.RegisterRestCallback("/probe/filtered", filtered)
orthanc.RegisterIncomingHttpRequestFilter(seen)
"""


@pytest.fixture(scope="module")
def probe(orthanc_image: str) -> Iterator[OrthancServer]:
    """An Orthanc with a small script in place of the product."""
    configuration = {"PythonScript": PROBE}
    server = OrthancServer(orthanc_image, configuration, files={PROBE: File(SCRIPT)}).start()
    try:
        for _ in range(100):
            with suppress(requests.ConnectionError):
                if server.request("GET", "/probe/names").ok:
                    break
            time.sleep(0.2)
        yield server
    finally:
        server.remove()


def test_the_fake_sdk_of_the_unit_tests_has_no_name_that_the_real_one_lacks(probe: OrthancServer) -> None:
    real = json.loads(probe.request("GET", "/probe/names").text)
    for name, members in FAKED.items():
        assert name in real and set(members) <= set(real[name]), name


def test_a_body_under_another_status_than_200_is_labelled_as_text(probe: OrthancServer) -> None:
    answer = probe.request("GET", "/probe/answer")
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/plain")


@pytest.mark.parametrize("status", [303, 400, 401, 403, 404, 409, 410, 413, 415, 422, 500, 503])
def test_these_statuses_can_be_sent(probe: OrthancServer, status: int) -> None:
    assert probe.request("GET", f"/probe/status/{status}", allow_redirects=False).status_code == status


def test_unreserved_characters_of_a_query_arrive_as_they_are(probe: OrthancServer, suite: str) -> None:
    answer = probe.request("GET", "/probe/answer?a=-1.5_x~&b=%2F")
    decoded = {"trixie": "%2F", "forky": "/"}[suite]
    assert json.loads(answer.headers["X-Query"]) == {"a": "-1.5_x~", "b": decoded}


def test_a_method_in_the_query_is_applied_before_the_filter_which_cannot_see_it(probe: OrthancServer) -> None:
    probe.request("GET", "/nothing?_method=DELETE")
    calls = json.loads(probe.request("GET", "/probe/filtered").text)
    assert ["/nothing", 4, ["headers", "ip", "method"]] in calls


def test_a_script_that_cannot_be_imported_stops_orthanc(orthanc_image: str) -> None:
    ended = refused_start(orthanc_image, configuration={"PythonScript": PROBE}, files={PROBE: File(b"import nothing")})
    assert ended.code != 0
