"""JSONPath (RFC 9535): queries of names, indices and wildcards run on plain values, others in the library."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from jsonpath_rfc9535 import JSONPathEnvironment, JSONPathError, JSONPathQuery
from jsonpath_rfc9535.segments import JSONPathChildSegment
from jsonpath_rfc9535.selectors import IndexSelector, NameSelector, WildcardSelector

_NAME = r"[A-Za-z_\u0080-\U0010FFFF][A-Za-z0-9_\u0080-\U0010FFFF]*"
_SHORTHAND = re.compile(rf"""('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(\.\.?)({_NAME})""", re.S)


class Every:
    """The wildcard: every value of an array or object."""


EVERY: Final = Every()

Step = str | int | Every


class _Environment(JSONPathEnvironment):
    max_recursion_depth = 800


_ENVIRONMENT = _Environment()


@dataclass(frozen=True, slots=True)
class Query:
    """A valid query. `steps` is all of it, or None where only `library` can evaluate it.

    `singular`: it gives at most one value (RFC 9535, section 2.3.5.1).
    """

    steps: tuple[Step, ...] | None
    singular: bool
    library: JSONPathQuery

    def values(self, root: Any) -> list[Any]:
        """The values of the nodes that the query selects, in order; raises JSONPathError where too deep."""
        if self.steps is None:
            return [node.value for node in self.library.finditer(root)]
        values = [root]
        for step in self.steps:
            if isinstance(step, str):
                values = [v[step] for v in values if type(v) is dict and step in v]
            elif isinstance(step, int):
                values = [v[step] for v in values if type(v) is list and -len(v) <= step < len(v)]
            else:
                values = [child for v in values for child in _children(v)]
        return values

    def column(self, roots: list[Any]) -> list[Any]:
        """For each root the value that a singular query selects, None where there is none."""
        values = roots
        for step in self.steps or ():
            if isinstance(step, str):
                if set(map(type, values)) == {dict}:
                    values = [v.get(step) for v in values]
                else:
                    values = [v.get(step) if type(v) is dict else None for v in values]
            elif isinstance(step, int):
                values = [v[step] if type(v) is list and -len(v) <= step < len(v) else None for v in values]
        return values


def _children(value: Any) -> Iterable[Any]:
    if type(value) is list:
        return value
    return value.values() if type(value) is dict else ()


def compile_query(text: str) -> Query:
    """A query after RFC 9535; raises JSONPathError where it is none."""
    library = _ENVIRONMENT.compile(_SHORTHAND.sub(_in_brackets, text))
    steps: list[Step] = []
    simple = True
    for segment in library.segments:
        selector = segment.selectors[0]
        if not isinstance(segment, JSONPathChildSegment) or len(segment.selectors) > 1:
            simple = False
        elif isinstance(selector, NameSelector):
            steps.append(selector.name)
        elif isinstance(selector, IndexSelector):
            steps.append(selector.index)
        elif isinstance(selector, WildcardSelector):
            steps.append(EVERY)
        else:
            simple = False
    return Query(tuple(steps) if simple else None, library.singular_query(), library)


def compile_reference(text: str) -> Query:
    """A query, or a name or path without `$` before it, as older mappings have it."""
    return compile_query(text if text.startswith("$") else _rooted(text))


def hint_for(text: str) -> str:
    """What to write in place of a query that is not valid."""
    rooted = text if text.startswith("$") else _rooted(text.removeprefix("@."))
    candidates = [rooted.replace(".[", "[")]
    if not re.search(r"[\[\]@?()'\"]", rooted):
        names = (name for name in rooted[1:].split(".") if name)
        candidates.append("$" + "".join(f"['{name}']" for name in names))
    for candidate in candidates:
        try:
            compile_query(candidate)
        except JSONPathError:
            continue
        return f"write {candidate}"
    return "JSONPath after RFC 9535, such as $.name, $['two words'] or $.list[*]"


def _rooted(text: str) -> str:
    return f"${text}" if text.startswith("[") else f"$.{text}"


def _in_brackets(match: re.Match[str]) -> str:
    """A name with characters outside ASCII in brackets: the library's lexer stops at U+1100 and above."""
    string, dots, name = match.groups()
    if string or name.isascii():
        return match[0]
    return f"['{name}']" if dots == "." else f"..['{name}']"
