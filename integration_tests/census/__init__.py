"""The route census: everything that a real Orthanc answers, asked by everybody who may ask, searched for leaks."""
