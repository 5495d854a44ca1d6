"""One verb per file: what staff and recipients can do. Collaborators arrive through ports."""
