"""XML read element by element along a path of names, and the prefixes of XPath expressions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lxml import etree

from govgraph.engines.readers.limits import too_large
from govgraph.errors import did_you_mean

NAME = r"[^\W\d][\w.-]*"
QUALIFIED = rf"(?:{NAME}:)?{NAME}"
PATH = re.compile(rf"(?:/{QUALIFIED})+")
"""Iterators that are read element by element."""

_BLOCK = 1 << 16
_TEXTS = re.compile(r"""'[^']*'|"[^"]*\"""")
_PREFIXES = re.compile(rf"(?<![\w.-])({NAME}):(?=[^\W\d]|\*)")


@dataclass(frozen=True, slots=True)
class UnknownPrefix:
    """A prefix of an expression that nothing declares."""

    message: str
    hint: str


def unknown_prefix(expression: str, namespaces: Mapping[str, str]) -> UnknownPrefix | None:
    """The first prefix of an expression that is not one of `namespaces`."""
    for prefix in _PREFIXES.findall(_TEXTS.sub("''", expression)):
        if prefix not in namespaces and prefix != "xml":
            near = did_you_mean(prefix, list(namespaces))
            known = f"known here: {', '.join(sorted(namespaces))}" if namespaces else "none is known here"
            how = "declare it in 'namespaces' of the source, in RML by rml:namespace"
            return UnknownPrefix(f"'{expression}': unknown prefix '{prefix}'", f"{near or known}; {how}")
    return None


def root_prefixes(path: Path) -> dict[str, str]:
    """The prefixes that the root element declares."""
    return {prefix: uri for prefix, uri in _root(path).nsmap.items() if prefix}


def stream(path: Path, shown: str, iterator: str, namespaces: Mapping[str, str], limit: int) -> Iterator[Any]:
    """The elements of an iterator that is a path of names, each to be used before the next is asked for.

    What is read is forgotten block by block, but for the elements around what comes next. Raises EngineError
    GG402 for an element of more than `limit` bytes, etree.XMLSyntaxError.
    """
    steps = [_expanded(step, namespaces) for step in iterator[1:].split("/")]
    above = steps[-2::-1]
    parser = etree.XMLPullParser(
        events=("start", "end"),  # the start of the root alone is needed, so that it can be pruned
        tag=(_root(path).tag, steps[-1]),
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
    )
    root: Any = None
    around: Any = ()
    row: Any = None
    leads, held = False, 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            parser.feed(block)
            found: Iterator[tuple[str, Any]] = parser.read_events()
            for event, element in found:
                if event == "start":
                    root = element if root is None else root
                elif element.tag == steps[-1]:
                    if (parent := element.getparent()) is not around:
                        leads = [e.tag for e in element.iterancestors()] == above
                        around = parent
                    if leads:
                        yield element
            row, last = None if root is None else _prune(root, steps), row
            held = held + len(block) if row is not None and row is last else 0
            if held > limit:
                hint = "iterate over smaller elements, along names such as /list/item"
                raise too_large(shown, f"the element '{row.tag}' is larger", limit, hint, row.sourceline or 0)
        parser.close()


def _prune(root: Any, steps: Sequence[str]) -> Any | None:
    """Takes away all elements but those in which the parser may be; returns the row in which it may be."""
    element, level, leads = root, 0, True
    while etree.iselement(element) and isinstance(element.tag, str):  # else a comment
        leads = leads and level < len(steps) and element.tag == steps[level]
        if leads and level == len(steps) - 1:
            return element
        del element[:-1]
        element, level = (element[0] if len(element) else None), level + 1
    return None


def _expanded(step: str, namespaces: Mapping[str, str]) -> str:
    """A name as lxml has it: its namespace in braces before it."""
    prefix, colon, name = step.rpartition(":")
    return f"{{{namespaces[prefix]}}}{name}" if colon else name


def _root(path: Path) -> Any:
    """The root element with its attributes, without its content."""
    with path.open("rb") as file:
        for _, root in etree.iterparse(file, events=("start",), resolve_entities=False, no_network=True):
            return root
    raise AssertionError  # lxml has raised XMLSyntaxError
