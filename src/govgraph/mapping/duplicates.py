"""Which rules can make the same quad: duplicates are sought only among those.

Two terms are different if their kinds, datatypes or languages are, or if what is constant in them cannot
agree. All else may be the same.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import combinations

from govgraph.mapping.model import Constant, Expression, Gather, Quoted, Template, TermMap, TermType
from govgraph.mapping.rules import DEFAULT_GRAPHS, Rule

_RESERVED = re.compile(r"([:/?#\[\]@!$&'()*+,;=])")
"""Characters that an IRI-safe value never holds (RFC 3986, section 2.2)."""


def colliding(rules: Sequence[Rule]) -> set[int]:
    """The positions of the rules that can make a quad that another of them can make, too."""
    found: set[int] = set()
    by_predicate: dict[str | None, list[int]] = {}
    for number, rule in enumerate(rules):
        predicate = rule.predicate.expression
        key = predicate.value if isinstance(predicate, Constant) else None
        by_predicate.setdefault(key, []).append(number)
    anything = by_predicate.pop(None, [])
    for numbers in (anything, *by_predicate.values()):
        candidates = numbers if numbers is anything else [*numbers, *anything]
        for a, b in combinations(candidates, 2):
            if not (a in found and b in found) and may_agree(rules[a], rules[b]):
                found |= {a, b}
    return found


def may_agree(first: Rule, second: Rule) -> bool:
    """Whether a quad of one rule can be one of the other."""
    return (
        terms_may_agree(first.predicate, second.predicate)
        and terms_may_agree(first.subject, second.subject)
        and terms_may_agree(first.value, second.value)
        and _graphs_may_agree(first.graph, second.graph)
    )


def _graphs_may_agree(first: TermMap | None, second: TermMap | None) -> bool:
    """None is the default graph, which both its names stand for."""
    if may_be_default(first) and may_be_default(second):
        return True
    return first is not None and second is not None and terms_may_agree(first, second)


def may_be_default(graph: TermMap | None) -> bool:
    """Whether quads can be in the default graph: where there is no graph map, or data that name it."""
    return graph is None or (
        graph.term_type.is_iri
        and any(_may_agree(graph.expression, default, safe=False) for default in DEFAULT_GRAPHS)
    )


def terms_may_agree(first: TermMap, second: TermMap) -> bool:
    """Whether two term maps can make the same term."""
    if any(isinstance(t.expression, Gather | Quoted) for t in (first, second)):
        return True
    a, b = first.term_type, second.term_type
    if a.is_iri and b.is_iri:
        safe = a is b and a in (TermType.IRI, TermType.URI)
        return _may_agree(first.expression, second.expression, safe=safe)
    if a is not b:
        return False
    if a is TermType.LITERAL and not (
        _suffixes_may_agree(first.language, second.language)
        and _suffixes_may_agree(first.datatype, second.datatype)
    ):
        return False
    return _may_agree(first.expression, second.expression, safe=False)


def _suffixes_may_agree(first: Expression | None, second: Expression | None) -> bool:
    """Languages or datatypes; a literal with none may have a natural datatype."""
    if isinstance(first, Constant) and isinstance(second, Constant):
        return first.value.lower() == second.value.lower()
    return True


def _may_agree(first: Expression, second: Expression, *, safe: bool) -> bool:
    """`safe`: values of references in templates are IRI-safe, so that delimiters stand where they stand."""
    a, b = _parts(first), _parts(second)
    if a is None or b is None:
        return True
    if safe and a[0] and b[0]:
        left, right = _split(a), _split(b)
        return len(left) == len(right) and all(map(_texts_may_agree, left, right))
    return _texts_may_agree(a, b)


def _parts(expression: Expression) -> list[str] | None:
    """Constant text, with "" for each value in between: `a{x}b{y}` is a, "", b, ""; None where not known."""
    if isinstance(expression, Constant):
        return [expression.value]
    if isinstance(expression, Template):
        return [p if isinstance(p, str) else "" for p in expression.parts]
    return None


def _split(parts: list[str]) -> list[list[str]]:
    """The parts between delimiters, the delimiters among them."""
    segments: list[list[str]] = [[]]
    for part in parts:
        if not part:
            segments[-1].append("")
            continue
        first, *rest = _RESERVED.split(part)
        segments[-1] += [first] if first else []
        segments += [[text] if text else [] for text in rest]
    return segments


def _texts_may_agree(first: list[str], second: list[str]) -> bool:
    """Whether two texts with values of any length in between can be the same: by beginning and end."""
    whole = "" not in first, "" not in second
    a, b = "".join(first), "".join(second)
    if all(whole):
        return a == b
    if whole[0] or whole[1]:
        text, parts = (a, second) if whole[0] else (b, first)
        return bool(re.fullmatch("".join(re.escape(p) if p else ".*" for p in parts), text, re.S))
    start = _common(_before(first), _before(second))
    end = _common(_before([p[::-1] for p in reversed(first)]), _before([p[::-1] for p in reversed(second)]))
    return start and end


def _before(parts: list[str]) -> str:
    """The text before the first value."""
    return "".join(parts[: parts.index("")])


def _common(a: str, b: str) -> bool:
    return a.startswith(b) or b.startswith(a)
