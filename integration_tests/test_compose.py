"""The compose files as a practice starts them: prepared, brought up, and a patient's whole way through TLS."""

from __future__ import annotations

import base64
import html
import io
import json
import re
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser

from harness import image
from harness.container import free_port
from harness.modality import send

from .support.compose import Composed
from .support.practice import SHARES
from .support.proxied import Proxied
from .support.studies import datasets
from .test_portal_in_a_browser import PHONE

# All of it beside browsers: the containers are started once.
pytestmark = [pytest.mark.one_suite, pytest.mark.browsers]

STAFF_HOST = "staff.localhost"
CANARY = b"DICM"


class Site:
    """A running compose file."""

    def __init__(self, composed: Composed, https_port: int, dicom_port: int) -> None:
        self.composed, self.dicom_port = composed, dicom_port
        self.door = Proxied(None, SimpleNamespace(https_port=https_port), None)  # type: ignore[arg-type]
        users = json.loads((composed.practice / "users.json").read_text())["RegisteredUsers"]
        ((user, password),) = users.items()
        self.authorization = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

    def staff(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"Authorization": self.authorization, "Content-Type": "application/json"}
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        answer = self.door.ask(path, method, headers, host=STAFF_HOST, body=data)
        assert answer.status in (200, 201), (answer.status, answer.body[:300])
        return json.loads(answer.body)

    def wait(self) -> None:
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            try:
                if self.door.ask("/portal").status == 200:
                    headers = {"Authorization": self.authorization}
                    if self.door.ask("/system", headers=headers, host=STAFF_HOST).status == 200:
                        return
            except OSError:
                pass
            time.sleep(0.5)
        raise AssertionError(self.logs())

    def logs(self) -> str:
        """The end of what each service has said."""
        return "\n".join(f"--- {name}\n{self.composed.logs(name)[-3000:]}" for name in self.composed.containers)


@pytest.fixture(scope="module", params=["compose.yaml", "compose.larger.yaml"])
def site(request: pytest.FixtureRequest, orthanc_image: str) -> Iterator[Site]:
    images = {
        "orthanc-patient-share": orthanc_image,
        "orthanc-patient-share-proxy": image.ensure_part("proxy", image.PARTS["proxy"]),
        "orthanc-patient-share-postgres": image.ensure_part("postgres", image.PARTS["postgres"]),
    }
    https, http, dicom = free_port(), free_port(), free_port()
    environment = {
        "PUBLIC_NAME": "localhost", "STAFF_NAME": STAFF_HOST, "HTTPS_ADDRESS": "127.0.0.1",
        "HTTPS_PORT": str(https), "HTTP_PORT": str(http), "DICOM_PORT": str(dicom),
    }  # fmt: skip
    with Composed(request.param, images, environment) as composed:
        said = composed.prepare(f"https://localhost:{https}", 'Praxis "am" Markt', STAFF_HOST)
        assert "praxis with the password" in said
        # A second time it keeps what is there, and shows nothing again.
        key = (composed.practice / "patient-share.key").read_bytes()
        assert "password" not in composed.prepare(f"https://localhost:{https}", "Praxis", STAFF_HOST)
        assert (composed.practice / "patient-share.key").read_bytes() == key
        composed.start()
        made = Site(composed, https, dicom)
        made.wait()
        yield made


def test_a_practice_starts_it_and_a_patient_looks_at_images(site: Site, chromium: Browser) -> None:
    every = datasets()
    images = every["a"]
    # Others are there too: nothing of them is found with it, whatever Orthanc's index can do.
    for sent in every.values():
        assert send(sent, site.dicom_port).stored == len(sent)
    found = site.staff("POST", "/tools/lookup", str(images[0].StudyInstanceUID).encode())
    study = next(entry["ID"] for entry in found if entry["Type"] == "Study")
    share = site.staff("POST", SHARES, {"orthanc_id": study, "language": "de"})
    context = chromium.new_context(**PHONE, ignore_https_errors=True, locale="de-DE")  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(share["link"])
    page.wait_for_function("() => document.querySelector('#code').value !== ''")
    assert 'Praxis "am" Markt' in page.inner_text("body")
    page.fill("#password", share["password"])
    page.press("#password", "Enter")
    page.wait_for_url("**/portal/study")
    assert "Dr. Anna Beispiel" in page.inner_text("body")
    page.click("a.button.primary")
    page.wait_for_function("() => window.__viewer && window.__viewer.shown > 0")
    assert {cookie["secure"] for cookie in context.cookies()} == {True}
    whole = context.request.get(page.url.partition("/portal")[0] + "/portal/download/everything.zip")
    with zipfile.ZipFile(io.BytesIO(whole.body())) as archive:
        assert archive.testzip() is None
        kinds = Counter(name.partition("/")[0] for name in archive.namelist())
    assert kinds["DICOM"] == kinds["Bilder"] == len(images), kinds
    context.close()

    # The public name knows no staff, and strangers get nothing by either.
    for host in ("localhost", STAFF_HOST):
        assert site.door.ask(f"/studies/{study}", host=host).status in (401, 403)
    refused = site.door.ask("/system", headers={"Authorization": site.authorization})
    assert refused.status == 403
    assert "max-age" in refused.headers["Strict-Transport-Security"]

    # Staff find it in the browser, whatever Orthanc's index lies in.
    headers = {"Authorization": site.authorization, "Content-Type": "application/x-www-form-urlencoded"}
    headers |= {"Origin": f"https://{STAFF_HOST}:{site.door.proxy.https_port}", "Sec-Fetch-Site": "same-origin"}
    search = site.door.ask(
        "/patient-share/search", "POST", headers, host=STAFF_HOST, form={"name": str(images[0].PatientName.family_name)}
    )
    assert search.status == 200, site.logs()
    assert f"study={study}" in search.body
    form = site.door.ask(f"/patient-share/share?study={study}", headers=headers, host=STAFF_HOST)
    assert form.status == 200, form.body[:500]

    # Without rights, on file systems that nobody can write to, and with images that nobody can read.
    for name, container in site.composed.containers.items():
        container.reload()
        assert container.attrs["HostConfig"]["ReadonlyRootfs"], name
        assert site.composed.says(name, "id -u") != "0", name
        assert site.composed.says(name, "touch /etc/x 2>/dev/null && echo written || echo refused") == "refused", name
        dumped = json.dumps(container.attrs["Config"]["Env"])
        assert site.authorization not in dumped and not re.search(r"PASSWORD|SECRET", dumped), name
    orthanc = next(name for name in site.composed.containers if name in ("orthanc", "internal"))
    files = site.composed.says(orthanc, "find /var/lib/orthanc/db -type f | wc -l")
    assert int(files) >= len(images)
    plain = site.composed.says(orthanc, f"grep -rlaF {CANARY.decode()} /var/lib/orthanc/db; echo status $?")
    assert plain == "status 1"


def test_a_theme_and_texts_in_the_folder_are_there_at_the_next_start(site: Site) -> None:
    theme = site.composed.practice / "theme"
    before = site.composed.containers
    look = json.loads((theme / "practice.json").read_text())
    look |= {"Telephone": "030 555", "Colour": "#7a1f5c", "TextSize": 120}
    (theme / "practice.json").write_text(json.dumps(look))
    Image.new("RGB", (300, 80), "#7a1f5c").save(theme / "logo.png")
    (theme / "texts" / "de").mkdir()
    (theme / "texts" / "de" / "parking.md").write_text("# Wo kann ich parken?\n\nIm Hof.\n")
    for name, container in before.items():
        if name not in ("postgres", "proxy"):
            container.restart()
    # Some have another address now, and the proxy finds them: each of its workers, which remember for a second.
    site.wait()
    time.sleep(1.5)
    german = {"Accept-Language": "de"}
    start = site.door.ask("/portal", headers=german).body
    assert "030 555" in start and 'Praxis "am" Markt' in html.unescape(start)
    kept = {path.rpartition("/")[2].partition("?")[0]: path for path in re.findall(r'(?:href|src)="([^"]+)"', start)}
    assert "#7a1f5c" in site.door.ask(html.unescape(kept["look.css"])).body
    assert "PNG" in site.door.ask(html.unescape(kept["logo.png"])).body[:8]
    assert "Wo kann ich parken?" in site.door.ask("/portal/help", headers=german).body
