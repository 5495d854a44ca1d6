"""Languages: message catalogues, dates, and words for DICOM terms."""
