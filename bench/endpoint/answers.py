"""Answers of servers, compared as what they mean (SPARQL 1.1 Query Results JSON Format)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from questions import Case

from servers import Server

Answer = bool | tuple[tuple[str, ...], list[tuple[str, ...]]]
"""Of ASK; or the variables and the rows: in order where the query asks for one, else sorted."""


def check(case: Case, servers: Sequence[Server], segments: int) -> list[str]:
    """What is wrong with the answers to the samples of a case: errors, numbers of rows, differences."""
    problems: list[str] = []
    for query in case.sample(segments):
        try:
            answers = [parse_answer(server.answer(query), "ORDER BY" in query) for server in servers]
        except (OSError, ValueError, KeyError) as e:
            problems.append(f"{case.name}: {e!r}: {query}")
            continue
        rows = {len(answer[1]) for answer in answers if isinstance(answer, tuple)}
        if case.rows is not None and rows != {case.rows}:
            problems.append(f"{case.name}: {rows or 'no'} rows instead of {case.rows}: {query}")
        elif any(answer != answers[0] for answer in answers):
            problems.append(f"{case.name}: the answers differ: {query}")
    return problems


def parse_answer(text: bytes, ordered: bool) -> Answer:
    """The meaning of an answer; raises ValueError or KeyError where it has none."""
    answer = json.loads(text)
    if "boolean" in answer:
        return bool(answer["boolean"])
    variables = tuple(answer["head"]["vars"])
    rows = [tuple(_term(row.get(v, {})) for v in variables) for row in answer["results"]["bindings"]]
    return variables, rows if ordered else sorted(rows)


def _term(term: dict[str, Any]) -> str:
    return json.dumps(term, sort_keys=True, ensure_ascii=False)
