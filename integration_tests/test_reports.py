"""Reports come when the practice wants it; before that there are none, on no way."""

from __future__ import annotations

import io
import subprocess
import zipfile
from collections.abc import Iterator

import numpy as np
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from harness.dicom import Geometry, Patient, Study, ct_series
from harness.modality import send
from harness.server import OrthancServer
from orthanc_plugin.tests.support.report_files import PDF, SR, item

from .support.practice import SHARES, Practice, Recipient
from .support.studies import stored

PATIENT = Patient(id="TEST-REPORT", name="Liest^Befund")
CANARY = "KANARIENVOGEL"


def report(study: Study, sop_class: str, modality: str, **values: object) -> Dataset:
    """An instance of the study in a series of its own."""
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.SpecificCharacterSet = "ISO_IR 192"
    data.SOPClassUID, data.SOPInstanceUID = sop_class, generate_uid()
    data.StudyInstanceUID, data.SeriesInstanceUID = study.uid, generate_uid()
    data.PatientID, data.PatientName = study.patient.id, study.patient.name
    data.Modality, data.SeriesNumber, data.InstanceNumber = modality, "9", "1"
    data.SeriesDescription = CANARY
    for name, value in values.items():
        setattr(data, name, value)
    return data


def sent(practice: Practice, data: Dataset) -> tuple[str, str]:
    """Orthanc's identifiers of the instance and of its series."""
    target = io.BytesIO()
    dcmwrite(target, data, enforce_file_format=True)
    answer = practice.api("POST", "/instances", data=target.getvalue()).json()
    return answer["ID"], answer["ParentSeries"]


def pdf() -> bytes:
    """The smallest PDF with a page and a word on it; it also wants to run a script."""
    body = f"BT /F1 12 Tf 20 100 Td ({CANARY}) Tj ET"
    objects = [
        "<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents 4 0 R/Resources<</Font<</F1<</Type/Font"
        "/Subtype/Type1/BaseFont/Helvetica>>>>>>>>",
        f"<</Length {len(body)}>>stream\n{body}\nendstream",
    ]
    text, places = "%PDF-1.4\n", []
    for number, one in enumerate(objects, start=1):
        places.append(len(text))
        text += f"{number} 0 obj{one}endobj\n"
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    start = len(text)
    text += f"xref\n0 5\n0000000000 65535 f \n{table}trailer<</Size 5/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n"
    return (text + " " * (len(text) % 2)).encode("latin-1")


def structured(study: Study) -> Dataset:
    line = item("TEXT", "Beurteilung", TextValue=CANARY)
    return report(
        study,
        SR,
        "SR",
        ContentSequence=[line],
        CompletionFlag="COMPLETE",
        VerificationFlag="VERIFIED",
        ValueType="CONTAINER",
    )


@pytest.fixture(scope="module")
def study(server: OrthancServer) -> Study:
    made = Study(PATIENT, "ACC-REPORT", "CT")
    pixels = np.random.default_rng(5).normal(0, 200, (3, 64, 64))
    send(ct_series(made, 1, "Axial", pixels, Geometry()), server.dicom_port)
    return made


@pytest.fixture(scope="module")
def study_id(server: OrthancServer, study: Study) -> str:
    return stored(server, study.uid).id


@pytest.fixture(scope="module")
def reports(server: OrthancServer, study: Study, study_id: str) -> Iterator[list[tuple[str, str]]]:
    """Instance and series of a PDF, whose modality claims to be an image, and of a structured report."""
    practice = Practice(server)
    yield [
        sent(
            practice,
            report(study, PDF, "OT", EncapsulatedDocument=pdf(), MIMETypeOfEncapsulatedDocument="application/pdf"),
        ),
        sent(practice, structured(study)),
    ]


def everywhere(study: Study, study_id: str, reports: list[tuple[str, str]]) -> list[str]:
    """Addresses on which reports might be found."""
    native = [f"/studies/{study_id}{part}" for part in ("", "/series", "/instances", "/archive", "/instances-tags")]
    native += [f"/web-viewer/series/{series}" for _, series in reports]
    native += [f"/series/{series}{part}" for _, series in reports for part in ("", "/archive", "/instances-tags")]
    native += [f"/instances/{one}{part}" for one, _ in reports for part in ("", "/file", "/tags", "/pdf", "/preview")]
    native += [f"/dicom-web/studies/{study.uid}{part}" for part in ("", "/metadata", "/series", "/instances")]
    own = ["/portal/study", "/portal/download/images.zip"]
    for ordinal in range(1, 5):
        own += [
            f"/portal/series/{ordinal}{part}" for part in ("", "/thumbnail", "/images/1", "/images.zip", "/geometry")
        ]
        own += [f"/portal/series/{ordinal}/documents/1", f"/portal/series/{ordinal}/ohif.json"]
    return native + own


def read(answer: bytes) -> bytes:
    """With what is packed in it."""
    try:
        with zipfile.ZipFile(io.BytesIO(answer)) as archive:
            return answer + b"".join(archive.read(name) + name.encode() for name in archive.namelist())
    except zipfile.BadZipFile:
        return answer


def found(recipient: Recipient, addresses: list[str], secrets: list[bytes]) -> list[str]:
    return [one for one in addresses if any(secret in read(recipient.get(one).content) for secret in secrets)]


@pytest.mark.parametrize("rule", ["hold", "never", "24h", "2100-01-01T00:00:00+00:00"])
def test_before_its_time_there_is_no_report(
    server: OrthancServer, study: Study, study_id: str, reports: list[tuple[str, str]], rule: str
) -> None:
    practice = Practice(server)
    recipient = practice.login(practice.share(study_id, report=rule))
    secrets = [CANARY.encode(), *(name.encode() for pair in reports for name in pair)]
    assert found(recipient, everywhere(study, study_id, reports), secrets) == []
    # The images are shown all the same.
    assert recipient.get("/portal/series/1/images/1").status_code == 200


def test_once_released_it_can_be_read_and_downloaded(
    server: OrthancServer, study: Study, study_id: str, reports: list[tuple[str, str]]
) -> None:
    practice = Practice(server)
    share = practice.share(study_id, report="hold")
    recipient = practice.login(share)
    assert recipient.get("/portal/series/2/documents/1").status_code == 404
    assert practice.api("POST", f"{SHARES}/{share.id}/report", json={"report": "at-once"}).status_code == 200
    page = recipient.get("/portal/study").text
    links = [f"/portal/series/{ordinal}/documents/1" for ordinal in (2, 3)]
    assert all(link in page for link in links)
    answers = {one.headers["Content-Type"].partition(";")[0]: one for one in map(recipient.get, links)}
    assert set(answers) == {"application/pdf", "text/html"}
    assert CANARY in answers["text/html"].text
    document = answers["application/pdf"].content
    assert document.startswith(b"%PDF-") and b"JavaScript" not in document
    assert CANARY.encode() in read(recipient.get("/portal/download/images.zip").content)
    assert practice.api("POST", f"{SHARES}/{share.id}/report", json={"report": "never"}).status_code == 200
    assert recipient.get(links[0]).status_code == 404


def test_a_report_that_arrives_later_is_not_seen_either(server: OrthancServer) -> None:
    practice = Practice(server)
    made = Study(Patient(id="TEST-LATER", name="Kommt^Später"), "ACC-LATER", "CT")
    pixels = np.random.default_rng(6).normal(0, 200, (2, 64, 64))
    send(ct_series(made, 1, "Axial", pixels, Geometry()), server.dicom_port)
    study_id = stored(server, made.uid).id
    recipient = practice.login(practice.share(study_id, report="hold"))
    addresses = everywhere(made, study_id, [])
    assert found(recipient, addresses, [CANARY.encode()]) == []
    late = [sent(practice, structured(made))]
    assert found(recipient, everywhere(made, study_id, late), [CANARY.encode()]) == []


def test_one_that_arrives_in_a_series_of_images_is_in_no_download_of_the_next_seconds(server: OrthancServer) -> None:
    practice = Practice(server)
    made = Study(Patient(id="TEST-AMONG", name="Kommt^Dazwischen"), "ACC-AMONG", "CT")
    images = ct_series(made, 1, "Axial", np.random.default_rng(7).normal(0, 200, (2, 64, 64)), Geometry())
    send(images, server.dicom_port)
    recipient = practice.login(practice.share(stored(server, made.uid).id, report="hold"))
    # What is said of the study is remembered from here on.
    assert recipient.get("/portal/study").status_code == 200
    late = report(made, PDF, "CT", EncapsulatedDocument=pdf(), MIMETypeOfEncapsulatedDocument="application/pdf")
    late.SeriesInstanceUID = images[0].SeriesInstanceUID
    assert sent(practice, late)[1] == stored(server, made.uid).series[0]
    for address in ("series/1/images", "download/images", "download/pictures", "download/everything"):
        answer = recipient.get(f"/portal/{address}.zip")
        assert answer.status_code == 404 and CANARY.encode() not in read(answer.content), address


def test_a_pdf_that_staff_add_follows_the_rule_of_the_share(server: OrthancServer, study: Study) -> None:
    practice = Practice(server)
    made = Study(PATIENT, "ACC-ADDED", "CT")
    send(ct_series(made, 1, "Axial", np.zeros((2, 64, 64)), Geometry()), server.dicom_port)
    study_id = stored(server, made.uid).id
    held, shown = practice.share(study_id, report="hold"), practice.share(study_id, report="at-once")
    address = f"/patient-share/api/v1/studies/{study_id}/reports"
    headers = {"Content-Type": "application/pdf"}
    answer = practice.api("POST", address, data=pdf(), headers=headers)
    assert answer.status_code == 201, answer.text
    added = answer.json()
    assert [one["id"] for one in practice.api("GET", address).json()["reports"]] == [added["id"]]
    # Kept by Orthanc, without what acts.
    kept = practice.api("GET", f"/instances/{added['id']}/pdf").content
    assert kept.startswith(b"%PDF-") and b"JavaScript" not in kept
    assert (
        CANARY in subprocess.run(["pdftotext", "-", "-"], input=kept, check=True, capture_output=True).stdout.decode()
    )
    reader, waiting = practice.login(shown), practice.login(held)
    assert reader.get("/portal/series/2/documents/1").content.startswith(b"%PDF-")
    assert waiting.get("/portal/series/2/documents/1").status_code == 404
    assert "documents" in reader.get("/portal/study").text and "documents" not in waiting.get("/portal/study").text
    for refused in (b"no pdf", b""):
        assert practice.api("POST", address, data=refused, headers=headers).status_code == 422
    assert Recipient(server.url).request("POST", address, data=pdf(), headers=headers).status_code == 401
    assert practice.api("DELETE", f"/patient-share/api/v1/reports/{added['id']}").status_code == 204
    assert practice.api("GET", f"/instances/{added['id']}").status_code == 404
    image = stored(server, made.uid).instances[0]
    assert practice.api("DELETE", f"/patient-share/api/v1/reports/{image}").status_code == 404
    assert "documents" not in reader.get("/portal/study").text
