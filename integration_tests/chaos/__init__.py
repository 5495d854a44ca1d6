"""Orthanc is killed at random moments under load: what it has answered must hold afterwards."""
