"""The request filter, the portal for recipients and the API for staff, behind one bridge from Orthanc."""
