"""A share that leaves a series out: neither the series nor anything of the study as a whole is reached."""

from __future__ import annotations

import pytest

from .support.practice import SHARES, Practice, Recipient
from .support.studies import Studies


@pytest.fixture(scope="module")
def recipient(practice: Practice, studies: Studies) -> Recipient:
    """Holds a share of A without its second series."""
    return practice.login(practice.share(studies.a.id, exclude_series=[studies.a.series_uids[1]]))


def instances_of(practice: Practice, series: str) -> list[str]:
    found: list[str] = practice.api("GET", f"/series/{series}").json()["Instances"]
    return found


def test_the_series_is_in_no_list_and_has_no_place(recipient: Recipient) -> None:
    page = recipient.get("/portal/study").text
    assert "Axial" in page and "Koronar" not in page
    assert recipient.get("/portal/series/1").status_code == 200
    for path in ("/portal/series/2", "/portal/series/2/images/1", "/portal/full-viewer/2"):
        assert recipient.get(path).status_code == 404


def test_native_routes_of_the_series_are_closed(recipient: Recipient, practice: Practice, studies: Studies) -> None:
    kept, left_out = studies.a.series
    for series, status in ((kept, 200), (left_out, 403)):
        instance = instances_of(practice, series)[0]
        for path in (
            f"/web-viewer/series/{series}",
            f"/web-viewer/instances/jpeg95-{instance}_0",
            f"/instances/{instance}/file",
        ):
            assert recipient.get(path).status_code == status, path


def test_only_series_of_the_study_can_be_left_out_and_never_all(practice: Practice, studies: Studies) -> None:
    for series in ([studies.b.series[0]], ["nothing"], list(studies.a.series)):
        answer = practice.api("POST", SHARES, json={"orthanc_id": studies.a.id, "exclude_series": series})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid-input")
