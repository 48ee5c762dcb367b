"""JSONPath (RFC 9535): queries of names, indices and wildcards run on plain values, others in the library.

A reference may begin with `^`, once for each level that it goes up from the iterator's node.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from jsonpath_rfc9535 import JSONPathError, JSONPathNode, JSONPathQuery
from jsonpath_rfc9535.segments import JSONPathChildSegment
from jsonpath_rfc9535.selectors import IndexSelector, NameSelector, WildcardSelector

from govgraph.engines.readers.jsonpath_filters import Environment

_NAME = r"[A-Za-z_\u0080-\U0010FFFF][A-Za-z0-9_\u0080-\U0010FFFF]*"
_SHORTHAND = re.compile(rf"""('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(\.\.?)({_NAME})|(?<!\.)\.(?=\[)""", re.S)


class Every:
    """The wildcard: every value of an array or object."""


EVERY: Final = Every()

Step = str | int | Every

Found = tuple[Any, Sequence[Any]]
"""A value, and the values that it is in, from the outermost on, where these are asked for."""

_ENVIRONMENT = Environment()


@dataclass(frozen=True, slots=True)
class Query:
    """A valid query. `steps` is all of it, or None where only `library` can evaluate it.

    `singular`: it gives at most one value (RFC 9535, section 2.3.5.1).
    """

    steps: tuple[Step, ...] | None
    singular: bool
    library: JSONPathQuery

    @property
    def levels(self) -> int | None:
        """How many levels below the root the nodes are that it selects; None where that differs."""
        segments = self.library.segments
        same = all(isinstance(segment, JSONPathChildSegment) for segment in segments)
        return len(segments) if same else None

    def values(self, root: Any) -> list[Any]:
        """The values of the nodes that the query selects, in order; raises JSONPathError where too deep."""
        if self.steps is None:
            return [node.value for node in self.library.finditer(root)]
        values = [root]
        for step in self.steps:
            values = _take(step, values)
        return values

    def found(self, root: Any) -> Iterator[Found]:
        """What `values` gives, with the values that each is in."""
        if self.steps is None:
            return ((node.value, _above(node)) for node in self.library.finditer(root))
        return follow(self.steps, root)

    def column(self, roots: Sequence[Any]) -> Sequence[Any]:
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


@dataclass(frozen=True, slots=True)
class ReferenceQuery:
    """A query on the iterator's node, or on the node that is `up` levels above it."""

    up: int
    query: Query


def follow(steps: Sequence[Step], root: Any) -> Iterator[Found]:
    """The values that `steps` lead to, in order, each with the values that it is in."""
    if not steps:
        yield root, ()
        return
    for child in _take(steps[0], [root]):
        for value, above in follow(steps[1:], child):
            yield value, (root, *above)


def _take(step: Step, values: list[Any]) -> list[Any]:
    if isinstance(step, str):
        return [v[step] for v in values if type(v) is dict and step in v]
    if isinstance(step, int):
        return [v[step] for v in values if type(v) is list and -len(v) <= step < len(v)]
    return [child for v in values for child in _children(v)]


def _children(value: Any) -> Iterable[Any]:
    if type(value) is list:
        return value
    return value.values() if type(value) is dict else ()


def _above(node: JSONPathNode) -> tuple[Any, ...]:
    found: list[Any] = []
    value: Any = node.root
    for key in node.location:
        found.append(value)
        value = value[key]
    return tuple(found)


def compile_query(text: str) -> Query:
    """A query after RFC 9535, or with a dot before a bracket; raises JSONPathError where it is none."""
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


def compile_reference(text: str) -> ReferenceQuery:
    """A query, or a name or path without `$` before it, as older mappings have it; `^` leads upwards."""
    rest = text.lstrip("^")
    if not (up := len(text) - len(rest)):
        return ReferenceQuery(0, compile_query(text if text.startswith("$") else _rooted(text)))
    if rest and rest[0] not in ".[":
        raise JSONPathError("expected '.' or '[' after '^'")
    return ReferenceQuery(up, compile_query(f"${rest}"))


def hint_for(text: str) -> str:
    """What to write in place of a query that is not valid."""
    if text.startswith("^") and not re.match(r"\^+[^.\[]", text):
        return "^ is for references: an iterator begins with $, the document"
    if text.startswith("^"):
        return "after ^, write a path, such as ^.name, ^^['two words'] or ^[0]"
    if text.startswith("../"):
        return "write ^ for each level upwards, an array being one, such as ^^.name"
    rooted = text if text.startswith("$") else _rooted(text.removeprefix("@."))
    candidates = [rooted]
    if not re.search(r"[\[\]@?()'\"^]", rooted):
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
    """A name with characters outside ASCII in brackets: the library's lexer stops at U+1100 and above.

    A dot before a bracket, as in `$.[*]` of RML-IO's own examples, has no meaning.
    """
    string, dots, name = match.groups()
    if match[0] == ".":
        return ""
    if string or name.isascii():
        return match[0]
    return f"['{name}']" if dots == "." else f"..['{name}']"
