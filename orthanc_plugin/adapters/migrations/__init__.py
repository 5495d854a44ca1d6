"""Alembic migrations of the share store."""
