"""Quoted triples of YARRRML -> term maps of the model (section "RDF-Star")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from govgraph.errors import Problem, SourceSpan, did_you_mean
from govgraph.mapping.model import Join, Quoted, TermMap, TermType
from govgraph.mapping.yarrrml_calls import CallReader
from govgraph.mapping.yarrrml_keys import QUOTED_KEYS, Fields, each
from govgraph.positions import Entry, Scalar, Sequence

_JOIN = "join("


class StarReader(CallReader):
    """Reads `quoted` and `quotedNonAsserted`."""

    def __init__(self, prefixes: Mapping[str, str], problems: list[Problem]) -> None:
        super().__init__(prefixes, problems)
        self.groups: dict[str, list[str]] = {}
        """Mapping -> its triples maps, one for each of its sources and subjects."""
        self.not_asserted: set[str] = set()
        """The mappings whose triples are quoted only."""

    def is_quoted(self, fields: Fields) -> bool:
        """Whether a quoted triple stands here, with a key or as `function: join(quoted=…, …)`."""
        function = fields["function"].value if "function" in fields else None
        inline = isinstance(function, Scalar) and function.text.replace(" ", "").startswith(_JOIN)
        return inline or any(key in fields for key in QUOTED_KEYS)

    def quoted(self, fields: Fields, span: SourceSpan, *, is_subject: bool) -> TermMap | None:
        """The triples of another mapping; the condition, if there is one, joins its source."""
        inline = "function" in fields
        entries = self._inline(fields) if inline else fields
        keys = [key for key in QUOTED_KEYS if key in entries]
        if len(keys) != 1:
            if not inline or entries:
                self.problem("GG004", "expected one of 'quoted' and 'quotedNonAsserted'", span)
            return None
        for key in fields.keys() - {keys[0], "condition", "targets", *(("function",) if inline else ())}:
            self.problem("GG002", f"'{fields[key].key}' says nothing beside '{keys[0]}'", fields[key].span)
        if inline and "condition" in fields:
            self.problem("GG014", "the condition is given twice", fields["condition"].span)
        name = self.scalar(entries[keys[0]].value, "the name of a mapping")
        if name is None:
            return None
        if keys[0] == "quotedNonAsserted":
            self.not_asserted.add(name.text)
        nodes = each(entries["condition"].value) if "condition" in entries else ()
        joins: list[Join] = [join for node in nodes if (join := self.join(node))]
        kind = TermType.BLANK_NODE if is_subject else TermType.TRIPLE
        return TermMap(Quoted(name.text, tuple(joins), name.span), kind, name.span)

    def _inline(self, fields: Fields) -> Fields:
        """`join(quoted=name, equal(str1=…, str2=…))` as `quoted` and `condition`."""
        split = self._split(fields["function"].value, fields.get("parameters"))
        if split is None:
            return {}
        found: dict[str, Entry] = {}
        for item in split[1]:
            pair = self._pair(item) if isinstance(item, Sequence) else None
            key = pair[0].text if pair else "condition"
            found[key] = Entry(key, pair[1] if pair else item, item.span)
        return found

    def resolve_quoted(self, term: TermMap, unknown: dict[SourceSpan, str]) -> list[TermMap]:
        """The term map for each triples map of the quoted mapping; other term maps as they are."""
        quoted = term.expression
        if not isinstance(quoted, Quoted):
            return [term]
        if quoted.triples_map not in self.groups:
            unknown[quoted.span] = quoted.triples_map
        names = self.groups.get(quoted.triples_map, [])
        return [replace(term, expression=replace(quoted, triples_map=name)) for name in names]

    def resolve_quoted_subject(self, term: TermMap, unknown: dict[SourceSpan, str]) -> TermMap:
        """The same for a subject; GG015 where the quoted mapping has several triples maps."""
        resolved = self.resolve_quoted(term, unknown)
        if len(resolved) > 1:
            message = "a mapping with several sources or subjects cannot be quoted as a subject"
            self.problem("GG015", message, term.span, "quote one with one source and one subject")
        return resolved[0] if resolved else term

    def tell_unknown(self, unknown: Mapping[SourceSpan, str]) -> None:
        """GG009 for mappings that are referred to and not there."""
        for span, name in unknown.items():
            hint = did_you_mean(name, list(self.groups))
            self.problem("GG009", f"unknown mapping '{name}'", span, hint)


def is_triple(term: TermMap) -> bool:
    """Whether a term map makes triple terms."""
    return term.term_type is TermType.TRIPLE
