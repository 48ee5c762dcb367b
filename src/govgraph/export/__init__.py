"""A snapshot as other tools open it."""
