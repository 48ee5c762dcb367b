"""The keys of YARRRML with all their aliases, and how a node's keys are read."""

from __future__ import annotations

from collections.abc import Mapping

from govgraph.errors import Problem, SourceSpan, did_you_mean
from govgraph.positions import Entry, Node, Scalar, Sequence, Table

Keys = Mapping[str, tuple[str, ...]]
Fields = dict[str, Entry]

TOP_KEYS: Keys = {
    "prefixes": ("prefixes", "prefix"),
    "base": ("base",),
    "external": ("external",),
    "sources": ("sources", "source"),
    "targets": ("targets", "target"),
    "mappings": ("mappings", "mapping", "m"),
    "authors": ("authors", "author", "a"),
}
AUTHOR_KEYS: Keys = {"name": ("name",), "email": ("email",), "website": ("website",)}
SOURCE_KEYS: Keys = {
    "access": ("access",),
    "type": ("type",),
    "credentials": ("credentials",),
    "queryFormulation": ("queryFormulation",),
    "query": ("query",),
    "encoding": ("encoding",),
    "delimiter": ("delimiter",),
    "compression": ("compression",),
    "nulls": ("nulls",),
    "dialect": ("dialect",),
    "contentType": ("contentType",),
    "operationType": ("operationType",),
    "security": ("security",),
    "referenceFormulation": ("referenceFormulation",),
    "iterator": ("iterator",),
    "namespaces": ("namespaces",),
    "driver": ("driver",),
}
TARGET_KEYS: Keys = {
    "access": ("access",),
    "type": ("type",),
    "serialization": ("serialization",),
    "compression": ("compression",),
    "encoding": ("encoding",),
}
MAPPING_KEYS: Keys = {
    "sources": ("sources", "source"),
    "targets": ("targets", "target"),
    "subjects": ("subjects", "subject", "s"),
    "predicateobjects": ("predicateobjects", "predicateobject", "po"),
    "graphs": ("graphs", "graph", "g"),
    "condition": ("condition", "conditions"),
}
PREDICATE_OBJECT_KEYS: Keys = {
    "predicates": ("predicates", "predicate", "p"),
    "inversepredicates": ("inversepredicates", "inversepredicate", "i"),
    "objects": ("objects", "object", "o"),
    "graphs": ("graphs", "graph", "g"),
    "condition": ("condition", "conditions"),
    "datatype": ("datatype", "d"),
    "language": ("language", "l"),
    "type": ("type", "t"),
}
CALL_KEYS: Keys = {"function": ("function", "fn", "f"), "parameters": ("parameters", "pms")}
PARAMETER_KEYS: Keys = {"parameter": ("parameter", "pm"), "value": ("value", "v")}
QUOTED_KEYS: Keys = {"quoted": ("quoted",), "quotedNonAsserted": ("quotedNonAsserted",)}
IRI_KEYS: Keys = {
    "value": ("value", "v"),
    **CALL_KEYS,
    "type": ("type", "t"),
    "targets": ("targets", "target"),
}
"""Keys of a predicate or graph in long form."""
SUBJECT_KEYS: Keys = {**IRI_KEYS, "condition": ("condition", "conditions"), **QUOTED_KEYS}
OBJECT_KEYS: Keys = {
    "value": ("value", "v"),
    "mapping": ("mapping", "m"),
    **CALL_KEYS,
    "condition": ("condition", "conditions"),
    "datatype": ("datatype", "d"),
    "language": ("language", "l"),
    "type": ("type", "t"),
    "targets": ("targets", "target"),
    **QUOTED_KEYS,
}


class NodeReader:
    """Reads YAML nodes of one document; mistakes go to `problems`, and the answer is then None."""

    def __init__(self, prefixes: Mapping[str, str], problems: list[Problem]) -> None:
        self.prefixes = prefixes
        self.problems = problems

    def problem(self, code: str, message: str, span: SourceSpan, hint: str | None = None) -> None:
        """Adds a problem."""
        self.problems.append(Problem(code, message, span, hint))

    def scalar(self, node: Node, what: str) -> Scalar | None:
        """`node` where it is a text or number."""
        if isinstance(node, Scalar) and not node.is_null:
            return node
        self.problem("GG003", f"expected {what}", node.span)
        return None

    def table(self, node: Node, what: str) -> Table | None:
        """`node` where it has keys and values."""
        if isinstance(node, Table):
            return node
        hint = "such as `key: value` lines"
        self.problem("GG003", f"{what}: expected keys and values", node.span, hint)
        return None

    def fields(self, table: Table, keys: Keys, what: str) -> Fields:
        """The entries of `table` by canonical key; unknown and repeated keys are problems."""
        canonical = {alias: name for name, aliases in keys.items() for alias in aliases}
        found: Fields = {}
        for entry in table:
            name = canonical.get(entry.key)
            if name is None:
                hint = did_you_mean(entry.key, list(canonical))
                self.problem("GG002", f"unknown key '{entry.key}' in {what}", entry.span, hint)
            elif name in found:
                self.problem(
                    "GG014",
                    f"'{entry.key}' says the same as '{found[name].key}' of line {found[name].span.line}",
                    entry.span,
                    "keep one of the two",
                )
            else:
                found[name] = entry
        return found


def each(node: Node) -> tuple[Node, ...]:
    """The items of a list, or the one thing that stands for a list of one."""
    return node.items if isinstance(node, Sequence) else (node,)
