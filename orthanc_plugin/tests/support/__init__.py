"""Stand-ins and small builders for tests."""
