"""Files of every kind in the viewer, beside what an independent decoder makes of them."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

from pydicom.data import get_testdata_file

from harness.server import OrthancServer

from .support.practice import Practice
from .viewer_files.comparison import LEAST_DECIBEL_OF_LOSSY, LEAST_DECIBEL_OF_PORTAL, MOST_LEVELS, Seen, seen
from .viewer_files.damage import damaged
from .viewer_files.every import ours


def test_no_recipient_can_end_orthanc_with_a_picture_that_only_a_plugin_decodes(
    server: OrthancServer, practice: Practice
) -> None:
    """Colour JPEG 2000: Orthanc's own thread would run out of stack over it, and the process would end."""
    file = get_testdata_file("examples_jpeg2k.dcm")
    kept = server.staff_request("POST", "/instances", data=Path(str(file)).read_bytes()).json()
    recipient = practice.login(practice.share(kept["ParentStudy"]))
    for path in (f"/web-viewer/instances/{how}-{kept['ID']}_0" for how in ("jpeg95", "jpeg100", "deflate")):
        assert recipient.get(path).status_code == 403
    assert recipient.get(f"/web-viewer/series/{kept['ParentSeries']}").status_code == 200
    assert server.staff_request("GET", "/system").status_code == 200


def test_every_kind_and_transfer_syntax_looks_as_an_independent_decoder_says(
    server: OrthancServer, practice: Practice
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        files = list(ours())
        found = seen(server, practice, {name: dataset for name, dataset, _ in files})
    wrong = {name: found[name] for name, _, lossy in files if not alike(found[name], lossy)}
    assert not wrong, "\n".join(f"{name}: {one}" for name, one in wrong.items())


def alike(found: Seen, lossy: bool) -> bool:
    if not found.shown or found.portal_decibel is None or found.portal_decibel < LEAST_DECIBEL_OF_PORTAL:
        return False
    if found.levels is None or found.decibel is None:
        return lossy and found.note.startswith("reference: NotImplementedError")
    return found.decibel >= LEAST_DECIBEL_OF_LOSSY if lossy else found.levels <= MOST_LEVELS


def test_damaged_files_neither_end_orthanc_nor_show_its_insides(server: OrthancServer, practice: Practice) -> None:
    """MUTATIONS=2000 for a long run, SEED for others."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        files = list(damaged(int(os.environ.get("MUTATIONS", "60")), int(os.environ.get("SEED", "1"))))
    kept = {}
    for what, data in files:
        answer = server.staff_request("POST", "/instances", data=data)
        if answer.status_code == 200 and answer.json()["Status"] == "Success":
            kept[what] = answer.json()
    assert len(kept) > len(files) / 4
    for study in {ids["ParentStudy"] for ids in kept.values()}:
        recipient = practice.login(practice.share(study))
        mine = {what: ids for what, ids in kept.items() if ids["ParentStudy"] == study}
        for ordinal in range(1, len({ids["ParentSeries"] for ids in mine.values()}) + 1):
            for rest, expected in (("", (200, 404)), ("/images/1", (200, 404)), ("/thumbnail", (200,))):
                answer = recipient.get(f"/portal/series/{ordinal}{rest}")
                assert answer.status_code in expected, (ordinal, rest, answer.status_code)
        for what, ids in mine.items():
            status = recipient.get(f"/web-viewer/instances/jpeg95-{ids['ID']}_0").status_code
            assert status in (200, 403, 404, 500), what
    assert server.staff_request("GET", "/system").status_code == 200
    assert "Traceback" not in server.logs()
