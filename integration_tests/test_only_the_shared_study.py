"""A recipient reaches the shared study and nothing else; nobody reaches anything without credentials."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import requests

from harness.server import OrthancServer

from .support.practice import Practice, Recipient
from .support.studies import Stored, Studies

# Ways to a study on the native interfaces: each is asked of a foreign study and must be refused.
WAYS: dict[str, Callable[[Stored], str]] = {
    "study": lambda s: f"/studies/{s.id}",
    "archive": lambda s: f"/studies/{s.id}/archive",
    "media": lambda s: f"/studies/{s.id}/media",
    "series": lambda s: f"/series/{s.series[0]}",
    "ordered slices": lambda s: f"/series/{s.series[0]}/ordered-slices",
    "file": lambda s: f"/instances/{s.instances[0]}/file",
    "tags": lambda s: f"/instances/{s.instances[0]}/tags",
    "preview": lambda s: f"/instances/{s.instances[0]}/preview",
    "rendered": lambda s: f"/instances/{s.instances[0]}/rendered",
    "attachment": lambda s: f"/instances/{s.instances[0]}/attachments/dicom/data",
    "QIDO-RS": lambda s: f"/dicom-web/studies?StudyInstanceUID={s.uid}",
    "WADO-RS study": lambda s: f"/dicom-web/studies/{s.uid}",
    "WADO-RS metadata": lambda s: f"/dicom-web/studies/{s.uid}/metadata",
    "WADO-RS frame": lambda s: (
        f"/dicom-web/studies/{s.uid}/series/{s.series_uids[0]}/instances/{s.instance_uids[0]}/frames/1"
    ),
    "WADO-URI": lambda s: f"/wado?requestType=WADO&objectUID={s.instance_uids[0]}",
    "web viewer series": lambda s: f"/web-viewer/series/{s.series[0]}",
    "web viewer stability": lambda s: f"/web-viewer/is-stable-series/{s.series[0]}",
    "web viewer image": lambda s: f"/web-viewer/instances/jpeg95-{s.instances[0]}_0",
    "web viewer raw image": lambda s: f"/web-viewer/instances/deflate-{s.instances[0]}_0",
}
OUTSIDE_ANY_STUDY = (
    "/system", "/patients", "/studies", "/series", "/instances", "/changes", "/exports", "/jobs", "/statistics",
    "/plugins", "/plugins/explorer.js", "/modalities", "/peers", "/queries", "/tools", "/tools/dicom-conformance",
    "/tools/metrics-prometheus", "/app/explorer.html", "/dicom-web/studies", "/dicom-web/series",
    "/dicom-web/instances", "/dicom-web/servers", "/webdav", "/webdav/", "/wado", "/web-viewer/app/nothing.js",
)  # fmt: skip
# What the web viewer reads of the shared study, and nothing more of it.
OPEN_TO_THE_RECIPIENT = (
    "file",
    "web viewer series",
    "web viewer stability",
    "web viewer image",
    "web viewer raw image",
)


@pytest.fixture(scope="module")
def recipient(practice: Practice, studies: Studies) -> Recipient:
    return practice.login(practice.share(studies.a.id))


def refused(answer: requests.Response) -> bool:
    return answer.status_code == 403 and answer.content == b""


@pytest.mark.parametrize("way", WAYS)
def test_another_study_of_the_same_patient_is_refused(recipient: Recipient, studies: Studies, way: str) -> None:
    assert refused(recipient.get(WAYS[way](studies.b)))


@pytest.mark.parametrize("way", WAYS)
def test_a_study_of_another_patient_is_refused(recipient: Recipient, studies: Studies, way: str) -> None:
    assert refused(recipient.get(WAYS[way](studies.c)))


@pytest.mark.parametrize("way", WAYS)
def test_of_the_shared_study_only_what_the_web_viewer_reads_is_open(
    recipient: Recipient, studies: Studies, way: str
) -> None:
    answer = recipient.get(WAYS[way](studies.a))
    if way in OPEN_TO_THE_RECIPIENT:
        assert answer.status_code == 200 and len(answer.content) > 0
    else:
        assert refused(answer)


@pytest.mark.parametrize("way", WAYS)
def test_strangers_are_refused(server: OrthancServer, studies: Studies, way: str) -> None:
    assert refused(Recipient(server.url).get(WAYS[way](studies.a)))


@pytest.mark.parametrize("path", OUTSIDE_ANY_STUDY)
def test_what_lies_outside_any_study_is_refused(server: OrthancServer, recipient: Recipient, path: str) -> None:
    assert refused(recipient.get(path))
    assert refused(Recipient(server.url).get(path))


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PROPFIND"])
def test_the_recipient_can_only_read(recipient: Recipient, studies: Studies, practice: Practice, method: str) -> None:
    for path in (f"/studies/{studies.a.id}", f"/instances/{studies.a.instances[0]}", "/instances", "/tools/find"):
        answer = recipient.request(method, path, data=b"{}" if method in ("POST", "PUT") else None)
        assert answer.status_code in (403, 405) or (method == "HEAD" and answer.status_code == 404), path
    assert practice.api("GET", f"/studies/{studies.a.id}").status_code == 200


@pytest.mark.parametrize("headers", [{"X-HTTP-Method-Override": "DELETE"}, {"x-http-method-override": "PUT"}])
def test_method_overrides_are_refused_for_everybody(
    practice: Practice, recipient: Recipient, studies: Studies, headers: dict[str, str]
) -> None:
    path = f"/instances/{studies.a.instances[0]}/file"
    assert refused(recipient.get(path, headers=headers))
    assert refused(recipient.get(path + "?_method=DELETE"))
    assert practice.api("GET", path, headers=headers).status_code == 403
    assert practice.api("GET", path).status_code == 200


BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64)", "Accept-Language": "de"}
PICTURE_ELSEWHERE = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
LINK_IN_A_MAIL = {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
PICTURE_HERE = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}


@pytest.mark.parametrize("how", [{}, PICTURE_ELSEWHERE, LINK_IN_A_MAIL, PICTURE_HERE, {"Origin": "http://evil.test"}])
def test_no_page_can_make_the_browser_of_staff_delete_a_study(
    practice: Practice, studies: Studies, how: dict[str, str]
) -> None:
    path = f"/studies/{studies.c.id}"
    assert practice.api("GET", f"{path}?_method=DELETE", headers={**BROWSER, **how}).status_code == 403
    assert practice.api("DELETE", path, headers={**BROWSER, **how}).status_code == 403
    assert practice.api("GET", path).status_code == 200


def test_staff_can_change_things_from_orthancs_own_pages(practice: Practice, studies: Studies) -> None:
    explorer = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
    old_browser = {"Origin": practice.server.url}
    path = f"/studies/{studies.c.id}/metadata/1024"
    for how in (explorer, old_browser):
        assert practice.api("PUT", path, data="x", headers={**BROWSER, **how}).status_code == 200
        assert practice.api("DELETE", path, headers={**BROWSER, **how}).status_code == 200


def test_a_transcoded_file_is_refused(recipient: Recipient, studies: Studies) -> None:
    path = f"/instances/{studies.a.instances[0]}/file"
    assert recipient.get(path).status_code == 200
    assert refused(recipient.get(path + "?transcode=1.2.840.10008.1.2.4.50"))


@pytest.mark.parametrize(
    "spelling",
    [
        "/instances/{id}/file%0a", "/instances/{id}/file%00", "/instances/{id}/file;x", "/Instances/{id}/file",
        "/instances/{ID}/file", "/instances/{id}/file/../tags", "/instances/{id}/%74ags", "//instances/{id}//tags",
        "/instances/{id}/file/file", "/instances/{id} /file", "/instances/{id}%2ffile%2f..%2f..%2f..%2fsystem",
        "/web-viewer/series/{id}", "/web-viewer/instances/jpeg95-{id}_0/..%2f..%2f..%2fsystem",
    ],
)  # fmt: skip
def test_other_spellings_lead_nowhere_else(recipient: Recipient, studies: Studies, spelling: str) -> None:
    instance = studies.a.instances[0]
    raw = spelling.replace("{id}", instance).replace("{ID}", instance.upper())
    session, request = recipient.http, requests.Request("GET", recipient.url)
    prepared = session.prepare_request(request)
    prepared.url = recipient.url + raw  # as it is, without the client's own normalisation
    answer = session.send(prepared, allow_redirects=False, timeout=30)
    # Orthanc cuts a path at %00, which leaves the file of the shared study itself.
    assert answer.status_code == 403 or (answer.status_code == 200 and answer.content[128:132] == b"DICM")


def test_ordinals_outside_the_share_do_not_exist(recipient: Recipient) -> None:
    assert recipient.get("/portal/series/1/images/1").status_code == 200
    for path in ("/portal/series/0", "/portal/series/3", "/portal/series/99999999999999", "/portal/series/-1",
                 "/portal/series/1/images/0", "/portal/series/1/images/8", "/portal/series/3/thumbnail"):  # fmt: skip
        assert recipient.get(path).status_code == 404, path


def test_after_logout_everything_is_refused(practice: Practice, studies: Studies) -> None:
    recipient = practice.login(practice.share(studies.a.id))
    before = dict(recipient.http.cookies)
    open_paths = ["/portal/study", "/portal/series/1", "/portal/series/1/images/1"]
    open_paths += [WAYS[way](studies.a) for way in OPEN_TO_THE_RECIPIENT]
    assert [recipient.get(path).status_code for path in open_paths] == [200] * len(open_paths)
    assert recipient.post("/portal/logout").status_code == 303
    # What tells a known device from a stranger's stays; it opens nothing.
    assert set(recipient.http.cookies.keys()) == {"patient-share-device"}
    assert [recipient.get(path).status_code for path in open_paths] == [403] * len(open_paths)
    recipient.http.cookies.update(before)  # somebody kept the cookie
    assert [recipient.get(path).status_code for path in open_paths] == [403] * len(open_paths)


def test_revocation_works_at_once(practice: Practice, studies: Studies) -> None:
    share = practice.share(studies.a.id)
    recipient = practice.login(share)
    file = f"/instances/{studies.a.instances[0]}/file"
    assert recipient.get(file).status_code == recipient.get("/portal/study").status_code == 200
    practice.revoke(share)
    assert recipient.get(file).status_code == recipient.get("/portal/study").status_code == 403


def test_staff_credentials_open_orthanc_as_before(practice: Practice, studies: Studies) -> None:
    for way in WAYS.values():
        assert practice.api("GET", way(studies.c)).status_code == 200


def test_wrong_staff_credentials_do_not_fall_back_to_a_session(recipient: Recipient, studies: Studies) -> None:
    path = f"/instances/{studies.a.instances[0]}/file"
    assert recipient.get(path).status_code == 200
    assert refused(recipient.get(path, auth=("staff", "wrong")))
    assert refused(recipient.get(path, headers={"Authorization": "Bearer anything"}))
