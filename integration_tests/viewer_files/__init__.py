"""DICOM files of every kind that the viewer has to show, and what an independent decoder makes of them."""
