from __future__ import annotations

import numpy as np
import pytest

from orthanc_plugin.adapters.curve import Curve, Table, natural_window, shade
from orthanc_plugin.adapters.image_facts import FrameTone
from orthanc_plugin.domain.study import Window

STORED = np.array([[0, 50, 100]], dtype=np.uint16)


def levels(curve: Curve, asked: Window | None = None) -> list[int]:
    return [int(level) for level in shade(STORED, curve, asked)[0]]


def test_slope_and_intercept_come_before_the_window() -> None:
    assert levels(Curve(FrameTone(2, -100, Window(0, 200)))) == [0, 127, 255]
    assert levels(Curve(FrameTone(-1, 0, Window(-50, 100)))) == [255, 127, 0]
    assert levels(Curve(FrameTone(2, -100, Window(0, 200)), inverted=True)) == [255, 128, 0]


def test_a_sigmoid_is_flat_at_its_ends_and_only_in_the_images_own_window() -> None:
    curve = Curve(FrameTone(1, 0, Window(50, 100), sigmoid=True))
    assert levels(curve) == [int(255 / (1 + np.exp(2))), 127, int(255 / (1 + np.exp(-2)))]
    assert levels(curve, Window(50, 100)) == [0, 127, 255]


def test_tables_are_looked_up_and_end_where_they_end() -> None:
    table = Table(np.array([10, 200], np.uint16), 50, 255)
    assert levels(Curve(voi=table)) == [10, 10, 200]
    assert Curve(voi=table).own_window == Window(51, 2)
    assert levels(Curve(voi=table), Window(50, 100)) == [0, 127, 255]
    modality = Table(np.array([0, 1000], np.uint16), 50, 65535)
    assert levels(Curve(FrameTone(9, 9, Window(500, 1000)), modality=modality)) == [0, 0, 255]


def test_the_natural_window_is_in_rescaled_units() -> None:
    values = np.arange(1000, dtype=np.uint16).reshape(10, 100)
    window = natural_window(values, Curve(FrameTone(-0.001, 1)))
    assert abs(window.center - 0.5005) < 0.001
    assert 0.98 < window.width < 1


def test_padding_is_no_part_of_what_a_window_is_made_for() -> None:
    values = np.array([-2000] * 50 + list(range(0, 101)), np.int16)
    assert natural_window(values, Curve(padding=(-2000, -2000))).center == pytest.approx(50, abs=1)
    assert natural_window(values, Curve()).center < -500
    assert natural_window(values[:50], Curve(padding=(-2000, -2000))).width > 0
