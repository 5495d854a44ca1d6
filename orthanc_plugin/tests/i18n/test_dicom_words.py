from __future__ import annotations

import pytest

from orthanc_plugin.domain.modality import has_images
from orthanc_plugin.domain.study import Window
from orthanc_plugin.i18n.dicom_words import modality_label, window_presets

from ..support.world import languages

GERMAN, ENGLISH = languages()["de"], languages()["en"]


def test_modalities_are_named_in_words() -> None:
    assert modality_label(ENGLISH, "CT") == "Computed tomography (CT)"
    assert modality_label(ENGLISH, "mr") == "Magnetic resonance imaging (MRI)"
    assert modality_label(GERMAN, "DX") != modality_label(ENGLISH, "DX")


@pytest.mark.parametrize("modality", ["", "XX", "<b>"])
def test_a_modality_without_words_is_shown_as_it_is(modality: str) -> None:
    assert modality_label(GERMAN, modality) == modality


@pytest.mark.parametrize("modality", ["SR", "sr", "PR", "KO", "DOC", "RTSTRUCT", "ECG"])
def test_reports_and_the_like_hold_no_pictures(modality: str) -> None:
    assert not has_images(modality)


@pytest.mark.parametrize("modality", ["CT", "MR", "US", "MG", "OT", "", "XX"])
def test_everything_else_may_hold_pictures(modality: str) -> None:
    assert has_images(modality)


OWN = Window(500, 1000)


def test_presets_of_ct_are_the_same_everywhere() -> None:
    presets = window_presets(GERMAN, "ct", OWN, inverted=False)
    assert presets == window_presets(GERMAN, "CT", Window(1, 2), inverted=True)
    english = window_presets(ENGLISH, "CT", OWN, inverted=False)
    assert [preset["label"] for preset in presets] != [preset["label"] for preset in english]
    assert all(isinstance(preset["width"], float) and preset["width"] >= 1 for preset in presets)


@pytest.mark.parametrize(("inverted", "brighter"), [(False, 300.0), (True, 700.0)])
def test_presets_elsewhere_are_steps_from_the_images_own_window(inverted: bool, brighter: float) -> None:
    presets = window_presets(ENGLISH, "MR", OWN, inverted)
    found = {preset["label"]: (preset["center"], preset["width"]) for preset in presets}
    assert found["Brighter"] == (brighter, 1000.0)
    assert found["Darker"] == (1000 - brighter, 1000.0)
    assert found["More contrast"] == (500.0, 600.0)
    assert found["Less contrast"] == (500.0, 1600.0)
