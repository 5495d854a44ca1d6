"""One file in the viewer: stored into a real Orthanc, shown by the product, compared with an independent decoder."""

from __future__ import annotations

import io
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image
from pydicom import Dataset

from harness.dicom import stable_uid
from harness.server import OrthancServer
from integration_tests.support.practice import Practice, Recipient
from orthanc_plugin.adapters.orthanc_archive import OrthancArchive
from orthanc_plugin.domain.errors import ImageUnavailable
from orthanc_plugin.domain.study import ImageRef, Window

from . import reference

# JPEG of the portal (quality 85) against the picture before JPEG.
LEAST_DECIBEL_OF_PORTAL = 32.0
# Two decoders of a lossy transfer syntax may round differently.
LEAST_DECIBEL_OF_LOSSY = 40.0
# After the same window.
MOST_LEVELS = 2
# Of a long film the first frames tell enough.
MOST_FRAMES = 12


class StaffRest:
    """Orthanc's REST API as the product sees it from inside, here asked over HTTP by staff."""

    def __init__(self, server: OrthancServer, ours: bool) -> None:
        self._server = server
        self._ours = ours

    def get(self, path: str) -> bytes | None:
        if not self._ours and path.endswith(("/preview", "/image-uint16", "/image-int16")):
            # Over HTTP, JPEG 2000 that GDCM refuses would end Orthanc; inside, on the product's threads, it does not.
            raise OSError("not over HTTP")
        answer = self._server.staff_request("GET", path)
        if answer.status_code == 404:
            return None
        if answer.status_code != 200:
            raise OSError(answer.status_code)
        return answer.content

    def post(self, path: str, body: str) -> bytes | None:
        return self._server.staff_request("POST", path, data=body).content


@dataclass(frozen=True)
class Seen:
    """How a file came out; `levels` is the largest difference, None where there is nothing to compare with."""

    shown: bool
    levels: float | None = None
    decibel: float | None = None
    portal_decibel: float | None = None
    frames: int = 0
    note: str = ""


def stored(server: OrthancServer, dataset: Dataset) -> dict[str, str]:
    """Orthanc's identifiers of the file."""
    file = io.BytesIO()
    try:
        dataset.save_as(file, enforce_file_format=True)
    except (TypeError, ValueError, AttributeError, KeyError, NotImplementedError) as fault:
        raise OSError(f"pydicom cannot write it under UIDs of its own: {type(fault).__name__}") from None
    answer = server.staff_request("POST", "/instances", data=file.getvalue())
    if answer.status_code != 200:
        raise OSError(f"Orthanc does not take it: {answer.status_code}")
    found: dict[str, str] = answer.json()
    return found


def seen(
    server: OrthancServer, practice: Practice, datasets: Mapping[str, Dataset], ours: bool = True
) -> dict[str, Seen]:
    """Store all as series of one study, share it, open every frame through the portal, and compare."""
    found, kept = {}, {}
    study = stable_uid("viewer-files", *datasets)
    for number, (name, dataset) in enumerate(datasets.items(), start=1):
        dataset.StudyInstanceUID, dataset.PatientID, dataset.SeriesNumber = study, f"VF-{study[-12:]}", number
        try:
            kept[name] = stored(server, dataset)
        except OSError as fault:
            found[name] = Seen(False, note=str(fault))
    recipient = practice.login(practice.share(next(iter(kept.values()))["ParentStudy"]))
    archive = OrthancArchive(StaffRest(server, ours), time.monotonic)
    for ordinal, (name, ids) in enumerate(kept.items(), start=1):
        images = archive.images(ids["ParentSeries"])
        found[name] = _series(archive, recipient, datasets[name], images, ordinal)
    return found


def _series(
    archive: OrthancArchive, recipient: Recipient, dataset: Dataset, images: Sequence[ImageRef], ordinal: int
) -> Seen:
    if not images:
        return Seen(False, note="Orthanc lists no images")
    path = f"/portal/series/{ordinal}/images"
    worst = [
        _frame(archive, recipient, dataset, image, f"{path}/{place}?size=2048")
        for place, image in enumerate(images[:MOST_FRAMES], start=1)
    ]
    return Seen(
        shown=all(one.shown for one in worst),
        levels=max((one.levels for one in worst if one.levels is not None), default=None),
        decibel=min((one.decibel for one in worst if one.decibel is not None), default=None),
        portal_decibel=min((one.portal_decibel for one in worst if one.portal_decibel is not None), default=None),
        frames=len(images),
        note=next((one.note for one in worst if one.note), ""),
    )


def _frame(archive: OrthancArchive, recipient: Recipient, dataset: Dataset, image: ImageRef, path: str) -> Seen:
    answer = recipient.get(path)
    if answer.status_code != 200:
        return Seen(False, note=f"status {answer.status_code}")
    through_portal = np.asarray(Image.open(io.BytesIO(answer.content)))
    try:
        window, picture = _own(archive, image, dataset)
    except ImageUnavailable:
        # JPEG 2000 that Orthanc decodes on the product's own threads only.
        return Seen(True, note="by the portal alone")
    height, width = through_portal.shape[:2]
    smaller = picture
    if picture.shape[:2] != (height, width):
        smaller = np.asarray(Image.fromarray(picture).resize((width, height), Image.Resampling.BILINEAR))
    portal = reference.decibel(smaller, through_portal)
    try:
        expected = reference.shown(dataset, image.frame, window)
    except (NotImplementedError, RuntimeError, AttributeError, ValueError) as fault:
        return Seen(True, portal_decibel=portal, note=f"reference: {type(fault).__name__}")
    if expected.shape != picture.shape:
        return Seen(True, portal_decibel=portal, note=f"reference has the shape {expected.shape}")
    difference = float(np.abs(expected.astype(float) - picture.astype(float)).max())
    return Seen(True, difference, reference.decibel(expected, picture), portal)


def _own(
    archive: OrthancArchive, image: ImageRef, dataset: Dataset
) -> tuple[tuple[float, float] | None, reference.Pixels]:
    window = archive.appearance(image).window
    picture = archive.screen(image, None)
    by_table = "VOILUTSequence" in dataset and "WindowCenter" not in dataset
    return (window.center, window.width) if isinstance(window, Window) and not by_table else None, picture
