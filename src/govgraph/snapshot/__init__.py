"""Quads -> published store."""
