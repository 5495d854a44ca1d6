"""Every file that is made here, and every file of pydicom's own test set."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

from pydicom import Dataset, dcmread
from pydicom.data import get_testdata_files
from pydicom.errors import InvalidDicomError

from .kinds import kinds
from .syntaxes import SYNTAXES, as_own_study, convert


def ours() -> Iterator[tuple[str, Dataset, bool]]:
    """Name, file, and whether its transfer syntax loses something."""
    made = kinds()
    for name, make in made.items():
        yield name, make(), False
    with tempfile.TemporaryDirectory() as folder:
        for syntax, how in SYNTAXES.items():
            for source in how.sources:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    dataset = convert(syntax, made[source](), Path(folder))
                yield f"{source}-{syntax}", dataset, how.lossy


def of_pydicom() -> Iterator[tuple[str, Dataset | None, str]]:
    """Name, file under UIDs of its own, and why there is no file."""
    for path in sorted({str(path) for path in get_testdata_files("*") if Path(path).is_file()}):
        name = Path(path).name
        if not name.endswith(".dcm") and "." in name:
            continue
        try:
            dataset = dcmread(path, force=True)
            if "SOPClassUID" not in dataset or "TransferSyntaxUID" not in dataset.file_meta:
                yield name, None, "no DICOM file with a SOP class and a transfer syntax"
                continue
            yield name, as_own_study(dataset, f"pydicom-{name}"), ""
        except (InvalidDicomError, AttributeError, OSError, ValueError, NotImplementedError) as fault:
            yield name, None, f"pydicom cannot read it: {type(fault).__name__}"
