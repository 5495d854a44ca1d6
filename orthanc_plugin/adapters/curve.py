"""From stored values to grey levels of the screen (DICOM PS3.3 C.11.1 and C.11.2)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..domain.study import Window
from .arrays import Array
from .image_facts import PLAIN, FrameTone

_SAMPLED_PIXELS = 65_536


@dataclass(frozen=True)
class Table:
    """A look-up table: `first` is the input that the first entry stands for, `largest` the brightest output."""

    values: Array
    first: int
    largest: int

    def at(self, inputs: Array) -> Array:
        """Inputs beyond an end of the table take the entry at that end."""
        places = np.nan_to_num(np.asarray(inputs, dtype=np.float64), nan=self.first).astype(np.int64) - self.first
        found: Array = self.values[np.clip(places, 0, len(self.values) - 1)]
        return found


@dataclass(frozen=True)
class Curve:
    """How one frame is to be shown; its modality table takes the place of slope and intercept."""

    tone: FrameTone = PLAIN
    inverted: bool = False
    modality: Table | None = None
    voi: Table | None = None
    # Stored values, from and to, that are no part of the picture.
    padding: tuple[float, float] | None = None

    @property
    def own_window(self) -> Window | None:
        """What the image says itself; for a VOI table the range of its inputs. None: only the pixels can tell."""
        if self.tone.window is not None or self.voi is None:
            return self.tone.window
        entries = len(self.voi.values)
        return Window(self.voi.first + entries / 2, float(max(entries, 1)))


def natural_window(stored: Array, curve: Curve) -> Window:
    """The window that shows nearly all grey values of an image that names none."""
    flat = stored.reshape(-1)
    # A sample is enough, and keeps a mammography from costing seconds.
    taken = flat[:: max(1, flat.size // _SAMPLED_PIXELS)]
    if curve.padding is not None:
        inside = taken[(taken < curve.padding[0]) | (taken > curve.padding[1])]
        taken = inside if inside.size else taken
    sample, slope, intercept = _modality(taken, curve)
    finite = sample[np.isfinite(sample)]
    low, high = np.percentile(finite, (0.5, 99.5)) if finite.size else (0.0, 1.0)
    ends = sorted((float(low) * slope + intercept, float(high) * slope + intercept))
    return Window((ends[0] + ends[1]) / 2, max(ends[1] - ends[0], min(abs(slope), 1.0)))


def shade(stored: Array, curve: Curve, asked: Window | None) -> Array:
    """Grey levels from 0 to 255 of rows and columns of stored values; `asked` wins over the image's own window."""
    values, slope, intercept = _modality(stored, curve)
    if asked is None and curve.tone.window is None and curve.voi is not None:
        output = curve.voi.at(values * slope + intercept)
        levels = output.astype(np.float32) * np.float32(255.0 / curve.voi.largest)
    else:
        window = asked or curve.tone.window or natural_window(stored, curve)
        factor = 255.0 / window.width
        low = window.center - window.width / 2
        levels = values.astype(np.float32) * np.float32(slope * factor)
        levels += np.float32((intercept - low) * factor)
        if curve.tone.sigmoid and asked is None:
            levels = 255 / (1 + np.exp(np.clip(-4 * (levels / 255 - 0.5), -80, 80)))
    np.nan_to_num(levels, copy=False)
    np.clip(levels, 0, 255, out=levels)
    grey: Array = levels.astype(np.uint8)
    return 255 - grey if curve.inverted else grey


def _modality(stored: Array, curve: Curve) -> tuple[Array, float, float]:
    if curve.modality is not None:
        return curve.modality.at(stored), 1.0, 0.0
    return stored, curve.tone.slope, curve.tone.intercept
