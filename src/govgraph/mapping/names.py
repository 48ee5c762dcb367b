"""IRIs as prefixed names, for what is written."""

from __future__ import annotations

import re
from collections.abc import Mapping

from govgraph.errors import Problem, SourceSpan
from govgraph.mapping.prefixes import DEFAULT_PREFIXES, expand

_LOCAL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.\-]*[A-Za-z0-9_\-])?|")
_PREFIX = re.compile(r"[A-Za-z](?:[A-Za-z0-9_.\-]*[A-Za-z0-9_\-])?")


class Names:
    """The prefixes of a document that is written; `used` are those that it must declare."""

    def __init__(self, declared: Mapping[str, str], fixed: Mapping[str, str] | None = None) -> None:
        """`declared` go before those that YARRRML predefines, `fixed` before both."""
        fixed = fixed or {}
        self.known = {**DEFAULT_PREFIXES, **declared, **fixed}
        self.order = list(dict.fromkeys((*fixed, *declared, *DEFAULT_PREFIXES)))
        self.used: dict[str, str] = {}

    def prefixed(self, text: str, *, local: bool) -> str | None:
        """`prefix:rest` by the longest namespace that fits, or None; with `local` a name after Turtle."""
        best: tuple[int, str, str] | None = None
        for prefix in self.order:
            namespace = self.known[prefix]
            if not namespace or not text.startswith(namespace) or not _PREFIX.fullmatch(prefix):
                continue
            rest = text[len(namespace) :]
            fits = bool(_LOCAL.fullmatch(rest)) if local else not rest.startswith("//")
            if fits and (best is None or len(namespace) > best[0]):
                best = (len(namespace), prefix, rest)
        if best is None:
            return None
        _, prefix, rest = best
        self.used[prefix] = self.known[prefix]
        return f"{prefix}:{rest}"

    def yarrrml(self, text: str) -> str:
        """What YARRRML expands to `text`: the beginning of an IRI, or a whole one."""
        if prefixed := self.prefixed(text, local=False):
            return prefixed
        problems: list[Problem] = []
        if expand(text, self.known, SourceSpan(""), problems) == text and not problems:
            return text
        scheme = text.partition(":")[0]
        prefix, number = scheme, 2
        while prefix in self.known:
            prefix, number = f"{scheme}{number}", number + 1
        self.known[prefix] = self.used[prefix] = f"{scheme}:"
        self.order.append(prefix)
        return f"{prefix}:{text[len(scheme) + 1 :]}"

    def turtle(self, iri: str) -> str:
        """An IRI in Turtle."""
        return self.prefixed(iri, local=True) or f"<{iri}>"
