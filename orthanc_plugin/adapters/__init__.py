"""The world outside: Orthanc's SDK, the share store, keys, hashing, time."""
