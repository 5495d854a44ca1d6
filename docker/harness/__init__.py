"""Starts Orthanc with Patient Share in a container: for the demo, the integration tests and the benchmarks alike."""
