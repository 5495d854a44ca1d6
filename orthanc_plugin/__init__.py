"""Orthanc Patient Share: hand a study to its patient as a link and a password."""
