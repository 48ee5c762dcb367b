"""Reference formulations that the ending of a path decides: JSON Lines is JSONPath, a line at a time."""

from __future__ import annotations

from pathlib import PurePosixPath

_LINES = (".jsonl", ".ndjson")
_PACKED = (".gz", ".zip", ".xz", ".zst", ".bz2")


def is_json_lines(path: str) -> bool:
    """Whether a path ends as files of JSON Lines do, packed or not.

    >>> is_json_lines("people.jsonl"), is_json_lines("people.ndjson.gz"), is_json_lines("people.json")
    (True, True, False)
    """
    suffixes = [suffix.lower() for suffix in PurePosixPath(path).suffixes]
    if suffixes and suffixes[-1] in _PACKED:
        suffixes.pop()
    return bool(suffixes) and suffixes[-1] in _LINES


def formulation_of(path: str, formulation: str) -> str:
    """The formulation of a file for which a mapping names one (RML-IO: "JSONPath for JSON and JSONL")."""
    return "jsonlines" if formulation == "jsonpath" and is_json_lines(path) else formulation


def written_formulation(path: str, formulation: str) -> str:
    """The formulation that a mapping names, so that `formulation_of` gives the same again."""
    return "jsonpath" if formulation == "jsonlines" and is_json_lines(path) else formulation
