"""The transfer syntaxes that dcmtk and GDCM can write, each from a file of ours."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from pydicom import Dataset, dcmread

from harness.dicom import stable_uid


@dataclass(frozen=True)
class Syntax:
    """How a file is written: the tool and its options; {source} and {target} are put in."""

    command: str
    sources: tuple[str, ...]
    lossy: bool = False


_GREY = ("ct-12-of-16", "grey-8-bit")
# Signs and other bits beyond the value's own.
_ODD = ("signed-12-without-sign", "overlay-in-high-bits")
_COLOUR = ("rgb-planar-0", "us-frames-rgb")

SYNTAXES = {
    "implicit-little-endian": Syntax(
        "dcmconv +ti {source} {target}", (*_GREY, "rgb-planar-0", "voi-lut", "palette-16")
    ),
    "explicit-big-endian": Syntax(
        "dcmconv +tb {source} {target}",
        (*_GREY, "rgb-planar-0", "voi-lut", "palette-16", "grey-8-of-16", "signed-12-without-sign"),
    ),
    "deflated": Syntax("dcmconv +td {source} {target}", (*_GREY, "rgb-planar-0")),
    "rle": Syntax("dcmcrle {source} {target}", (*_GREY, *_COLOUR, "palette-8", "ct-signed-rescaled", *_ODD)),
    "jpeg-baseline": Syntax("dcmcjpeg +eb {source} {target}", ("grey-8-bit", *_COLOUR), lossy=True),
    "jpeg-extended": Syntax("dcmcjpeg +ee {source} {target}", _GREY, lossy=True),
    "jpeg-spectral": Syntax("dcmcjpeg +es {source} {target}", ("grey-8-bit",), lossy=True),
    "jpeg-progressive": Syntax("dcmcjpeg +ep {source} {target}", ("grey-8-bit",), lossy=True),
    "jpeg-lossless": Syntax("dcmcjpeg +el {source} {target}", (*_GREY, "rgb-planar-0")),
    "jpeg-lossless-sv1": Syntax("dcmcjpeg +e1 {source} {target}", (*_GREY, *_COLOUR, "cr-monochrome1", *_ODD)),
    "jpeg-ls": Syntax("dcmcjpls +el {source} {target}", (*_GREY, "rgb-planar-0", "ybr-full", *_ODD)),
    "jpeg-ls-near": Syntax("dcmcjpls +en {source} {target}", _GREY, lossy=True),
    "jpeg-2000": Syntax("gdcmconv --j2k {source} {target}", (*_GREY, *_COLOUR, "ct-signed-rescaled")),
    "jpeg-2000-lossy": Syntax(
        "gdcmconv --j2k --lossy -r 8 {source} {target}", ("grey-8-bit", "rgb-planar-0"), lossy=True
    ),
}


def convert(name: str, source: Dataset, folder: Path) -> Dataset:
    """`source` in the transfer syntax `name`, as a study of its own; OSError where the tool cannot write it."""
    before, after = folder / "before.dcm", folder / "after.dcm"
    source.save_as(before, enforce_file_format=True)
    after.unlink(missing_ok=True)
    command = [part.format(source=before, target=after) for part in SYNTAXES[name].command.split()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode or not after.exists():
        raise OSError(f"{command[0]}: {done.stdout} {done.stderr}".strip())
    made = dcmread(after)
    return as_own_study(made, f"{source.StudyDescription}-{name}")


def as_own_study(made: Dataset, name: str) -> Dataset:
    """The same file under UIDs that depend on `name` alone, so that files never shadow each other."""
    made.StudyInstanceUID = stable_uid("viewer-files", name)
    made.SeriesInstanceUID = stable_uid("viewer-files", name, "series")
    made.SOPInstanceUID = made.file_meta.MediaStorageSOPInstanceUID = stable_uid("viewer-files", name, "instance")
    made.PatientID = f"VF-{name}"[:64]
    return made
