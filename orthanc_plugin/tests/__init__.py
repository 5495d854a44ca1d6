"""Unit tests: they mirror the modules of the package and need neither Orthanc nor a network."""
