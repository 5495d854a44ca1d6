"""Series that Orthanc cannot sort, files that lie about their frames, scanned papers, oblong pixels."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydicom import Dataset
from pydicom.uid import CTImageStorage

from harness.dicom import stable_uid
from harness.server import OrthancServer

from .support.practice import Practice, Recipient
from .viewer_files.comparison import stored
from .viewer_files.kinds import grey, image

STUDY = stable_uid("odd-series")


def part(series: str, number: Any, modality: str, name: str, **tags: Any) -> Dataset:
    """An image of the study; `number` is its Instance Number, None for none."""
    made = image(f"odd-{series}-{name}", grey(np.uint16, 0, 1000), **tags)
    made.StudyInstanceUID, made.PatientID, made.Modality = STUDY, "ODD", modality
    made.SeriesInstanceUID, made.SeriesDescription = stable_uid("odd-series", series), series
    if number is None:
        del made.InstanceNumber
    else:
        made.InstanceNumber = number
    return made


@pytest.fixture(scope="module")
def recipient(server: OrthancServer, practice: Practice) -> Recipient:
    files = [
        *(part("unnumbered", None, "OT", name) for name in "abc"),
        *(part("numbered", number, "OT", str(number)) for number in (1, 2)),
        part("paper", 1, "DOC", "scan"),
        part("oblong", 1, "CT", "reformat", sop_class=CTImageStorage, PixelSpacing=["3", "1"]),
        part("ratio", 1, "OT", "film", PixelAspectRatio=["1", "2"]),
        part("none", 1, "OT", "zero", NumberOfFrames=0),
        part("lying", 1, "OT", "negative", NumberOfFrames=-1),
        part("lying", 2, "OT", "many", NumberOfFrames=2_000_000_000),
    ]
    kept = [stored(server, file) for file in files]
    return practice.login(practice.share(kept[0]["ParentStudy"]))


def series(recipient: Recipient, title: str) -> int:
    """The place of a series in the overview."""
    page = recipient.get("/portal/study").text
    titles = [entry.partition("</bdi>")[0] for entry in page.split('<span class="title"><bdi>')[1:]]
    return titles.index(title) + 1


def picture(recipient: Recipient, title: str, number: int = 1) -> Image.Image:
    answer = recipient.get(f"/portal/series/{series(recipient, title)}/images/{number}")
    assert answer.status_code == 200, answer.text
    return Image.open(io.BytesIO(answer.content))


def test_every_series_is_listed_and_opens(recipient: Recipient) -> None:
    for title in ("unnumbered", "numbered", "paper", "oblong", "ratio", "none", "lying"):
        assert recipient.get(f"/portal/series/{series(recipient, title)}").status_code == 200, title
    assert recipient.get("/portal/download").status_code == 200


def test_what_cannot_be_sorted_is_shown_all_the_same(recipient: Recipient) -> None:
    for number in (1, 2, 3):
        assert picture(recipient, "unnumbered", number).size == (64, 48)
    assert recipient.get(f"/portal/series/{series(recipient, 'unnumbered')}/images/4").status_code == 404


def test_a_file_that_claims_frames_without_end_costs_nobody_anything(
    recipient: Recipient, server: OrthancServer
) -> None:
    recipient.get(f"/portal/series/{series(recipient, 'lying')}/images/1")
    assert server.staff_request("GET", "/system").status_code == 200


def test_scanned_papers_are_pictures_whatever_their_modality(recipient: Recipient) -> None:
    assert picture(recipient, "paper").size == (64, 48)


def test_oblong_pixels_are_shown_in_their_shape(recipient: Recipient) -> None:
    assert picture(recipient, "oblong").size == (64, 144)
    assert picture(recipient, "ratio").size == (128, 48)
