"""Readers of sources other than CSV: documents of JSON and XML as tables of text."""
