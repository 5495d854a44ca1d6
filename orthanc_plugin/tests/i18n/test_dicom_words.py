from __future__ import annotations

import pytest

from orthanc_plugin.i18n.dicom_words import has_images, modality_label, window_presets

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


def test_only_ct_has_presets_and_all_can_be_used() -> None:
    assert window_presets(GERMAN, "MR") == []
    presets = window_presets(GERMAN, "ct")
    assert [preset["label"] for preset in presets] != [preset["label"] for preset in window_presets(ENGLISH, "CT")]
    assert all(isinstance(preset["width"], float) and preset["width"] >= 1 for preset in presets)
