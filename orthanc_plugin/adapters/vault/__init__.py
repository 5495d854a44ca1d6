"""Images at rest: a storage area of Orthanc that encrypts what it is given."""
