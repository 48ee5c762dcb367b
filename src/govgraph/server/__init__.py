"""Snapshot -> HTTP."""
