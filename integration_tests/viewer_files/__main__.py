"""Writes docs/viewer-files.md: python -m integration_tests.viewer_files SUITE..."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

from pydicom import Dataset

from harness import image
from harness.server import OrthancServer
from integration_tests.support.practice import Practice

from .comparison import Seen, seen
from .every import of_pydicom, ours

_TARGET = Path(__file__).parents[2] / "docs" / "viewer-files.md"
_HEAD = """# Which files the patient viewer shows

Written by `make viewer-files`: every file is stored into a real Orthanc and opened through the portal. What the product
shows, before it becomes a JPEG, is compared with what an independent decoder (pydicom, pylibjpeg) makes of the same
file in the same window: the largest difference in levels of 256 (at most 2 for what loses nothing), for lossy files
also the ratio of signal to noise in decibel. Of films the first frames are compared. Where a file is "not shown", the
patient reads that this image cannot be shown; the others go on.

"""


def main(suites: list[str]) -> None:
    """One table for our own files, one for pydicom's; a column for each suite."""
    warnings.simplefilter("ignore")
    own = {name: dataset for name, dataset, _ in ours()}
    theirs, unreadable = {}, {}
    for name, dataset, why in of_pydicom():
        if dataset is None:
            unreadable[name] = why
        else:
            theirs[name] = dataset
    columns: dict[str, dict[str, Seen]] = {}
    for suite in suites:
        with OrthancServer(image.ensure(suite)) as server:
            server.wait_ready()
            columns[suite] = seen(server, Practice(server), own) | seen(server, Practice(server), theirs, ours=False)
            assert server.staff_request("GET", "/system").status_code == 200
    text = _HEAD + _table("Files of this project", own, columns) + _table("Files of pydicom", theirs, columns)
    text += "## Files of pydicom that are no storable DICOM files\n\n"
    text += "".join(f"- {name}: {why}\n" for name, why in sorted(unreadable.items()))
    _TARGET.write_text(text, encoding="utf-8")
    print(f"{_TARGET.name}: {len(own) + len(theirs)} files")


def _table(title: str, files: dict[str, Dataset], columns: dict[str, dict[str, Seen]]) -> str:
    lines = [f"## {title}", "", f"| file | pixels | {' | '.join(columns)} |", "|---" * (2 + len(columns)) + "|"]
    for name, dataset in sorted(files.items()):
        cells = [_words(dataset, column[name]) for column in columns.values()]
        lines.append(f"| {name} | {_pixels(dataset)} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n\n"


def _pixels(dataset: Dataset) -> str:
    parts = [str(dataset.get("Modality", "")), str(dataset.get("PhotometricInterpretation", "no pixels"))]
    if "BitsStored" in dataset:
        parts.append(f"{dataset.BitsStored} bit")
    return ", ".join(part for part in [*parts, dataset.file_meta.TransferSyntaxUID.name] if part)


def _words(dataset: Dataset, found: Seen) -> str:
    if not found.shown:
        return f"not shown: {_reason(dataset, found)}"
    if found.levels is None:
        return f"shown; not compared ({found.note})"
    return f"shown; {found.levels:.1f} levels" + (f", {found.decibel:.0f} dB" if found.levels > 2 else "")


def _reason(dataset: Dataset, found: Seen) -> str:
    if found.note.startswith(("Orthanc", "pydicom")):
        return found.note
    if "PixelData" not in dataset:
        return "no pixels that an image could be made of"
    return "no decoder for it" if found.note == "status 404" else found.note


if __name__ == "__main__":
    main(sys.argv[1:] or ["trixie", "forky"])
