"""Orthanc's own viewers: one file each says which routes it reads, and with which identifiers."""
