"""Studies to play with: a good-looking CT for the demo, and small marked ones for tests."""

from datetime import date

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from harness import head_phantom
from harness.dicom import Geometry, Patient, Study, Volume, ct_series

BRAIN, BONE, SCOUT = (40.0, 80.0), (500.0, 2000.0), (0.0, 1400.0)


def demo_study(study: Study | None = None, slices: int = 60, size: int = 256) -> list[Dataset]:
    """A synthetic CT of the head: overview, axial slices, coronal reconstruction. Takes a few seconds to compute."""
    study = study or Study()
    field_of_view, spacing = 230.0, 2.5
    pixel = field_of_view / size
    volume = head_phantom.scanned(head_phantom.head(slices, size, field_of_view, spacing))
    half, low, height = field_of_view / 2, -0.46 * slices * spacing, slices * spacing
    rows = round(height / pixel)
    top = (-half, -half, low + height)

    upright = volume[::-1]
    lateral, frontal = (_overview(upright, axis, rows) for axis in (2, 1))
    sideways = Geometry(pixel, 5, row=(0, 1, 0), column=(0, 0, -1), origin=(0, -half, low + height))
    forwards = Geometry(pixel, 5, row=(1, 0, 0), column=(0, 0, -1), origin=(-half, 0, low + height))
    localizer = ("ORIGINAL", "PRIMARY", "LOCALIZER")
    images = ct_series(study, 1, "Übersicht", lateral, sideways, [SCOUT], localizer)
    images += ct_series(study, 1, "Übersicht", frontal, forwards, [SCOUT], localizer, first=len(lateral))

    axial = Geometry(pixel, spacing, origin=(-half, -half, low))
    images += ct_series(study, 2, "Kopf axial", volume, axial, [BRAIN, BONE])

    step = max(1, size // 64)
    coronal = head_phantom.resample(upright[:, size // 8 : -size // 10 : step].transpose(1, 0, 2), 1, rows)
    # Thicker slices than the axial ones, from front to back.
    start = (top[0], -half + size // 8 * pixel, top[2])
    geometry = Geometry(pixel, step * pixel, row=(1, 0, 0), column=(0, 0, -1), origin=start)
    reformat = ("DERIVED", "SECONDARY", "REFORMATTED")
    images += ct_series(study, 3, "Kopf koronar", coronal, geometry, [BRAIN, BONE], reformat)
    return images


def _overview(upright: Volume, axis: int, rows: int) -> Volume:
    return head_phantom.resample(head_phantom.projection(upright, axis), 0, rows)[None]


def marked_study(
    mark: int, patient: Patient | None = None, *, series: int = 2, slices: int = 3, size: int = 64, accession: str = ""
) -> list[Dataset]:
    """A small study whose images carry (mark, series, slice) in their pixels; `read_mark` reads them again.

    The same mark with the same patient gives the same UIDs; another mark gives another study.
    """
    study = Study(
        patient or Patient(id="TEST-A", name="Test^Anna"),
        accession_number=accession or f"ACC-{mark:04d}",
        description=f"Test {mark}",
        day=date(2026, 1, 15),
    )
    images: list[Dataset] = []
    for number in range(1, series + 1):
        volume = np.stack([_mark_image(mark, number, index, size) for index in range(1, slices + 1)])
        images += ct_series(study, number, f"Serie {number}", volume, Geometry(), [(0, 2000)])
    return images


# A mark is a board of 8 x 8 fields: corners white, white, white, black; 16 bits of mark, 8 of series, 8 of slice.
_FIELDS = [(row, column) for row in range(1, 7) for column in range(1, 7)][:32]


def _mark_image(mark: int, series: int, index: int, size: int) -> Volume:
    board = np.zeros((8, 8), dtype=bool)
    board[0, 0] = board[0, 7] = board[7, 0] = True
    number = (mark & 0xFFFF) << 16 | (series & 0xFF) << 8 | (index & 0xFF)
    for bit, (row, column) in enumerate(_FIELDS):
        board[row, column] = bool(number >> bit & 1)
    return np.where(np.kron(board, np.ones((size // 8, size // 8), dtype=bool)), 900.0, -900.0)


def read_mark(pixels: NDArray[np.generic]) -> tuple[int, int, int] | None:
    """(mark, series, slice) from a picture of a marked image at any size, or None if it is not one."""
    grey = np.asarray(pixels, dtype=float)
    if grey.ndim == 3:
        grey = grey.mean(axis=2)
    height, width = grey.shape
    rows = ((np.arange(8) + 0.5) * height / 8).astype(int)
    columns = ((np.arange(8) + 0.5) * width / 8).astype(int)
    sampled = grey[np.ix_(rows, columns)]
    board = sampled > (sampled.min() + sampled.max()) / 2
    if [board[0, 0], board[0, 7], board[7, 0], board[7, 7]] != [True, True, True, False]:
        return None
    number = sum(1 << bit for bit, (row, column) in enumerate(_FIELDS) if board[row, column])
    return number >> 16, number >> 8 & 0xFF, number & 0xFF
