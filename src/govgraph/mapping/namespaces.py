"""Prefixes that a source declares for its XPath expressions (RML-IO, "Reference formulations")."""

from __future__ import annotations

import re
from collections.abc import Iterable

from govgraph.errors import Problem, SourceSpan

Namespaces = tuple[tuple[str, str], ...]

_NAME = re.compile(r"[^\W\d][\w.-]*")


def checked_namespaces(
    declared: Iterable[tuple[str, str, SourceSpan]], problems: list[Problem]
) -> Namespaces:
    """Prefixes with their namespaces, in the order of the prefixes; those that cannot be are problems."""
    found: dict[str, str] = {}
    for prefix, url, span in declared:
        if not prefix:
            hint = "XPath 1.0 has no default namespace: give it a prefix, and write it before each name"
            problems.append(Problem("GG003", "the prefix of a namespace is empty", span, hint))
        elif not _NAME.fullmatch(prefix):
            problems.append(Problem("GG003", f"'{prefix}' is not a prefix", span, "such as gml"))
        elif not url:
            problems.append(Problem("GG003", f"the namespace of prefix '{prefix}' is empty", span))
        elif found.setdefault(prefix, url) != url:
            message = f"prefix '{prefix}' has two namespaces"
            problems.append(Problem("GG014", message, span, f"the other is {found[prefix]}"))
    return tuple(sorted(found.items()))
