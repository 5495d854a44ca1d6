"""The share store on SQLAlchemy Core: shares, sessions, attempts; no patient names."""
