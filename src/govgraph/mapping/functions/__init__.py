"""The functions that mappings can call, and those that they cannot, with the reason why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from govgraph.mapping.functions.registry import (
    Function,
    Parameter,
    PythonFunction,
    Result,
    SqlFunction,
    member_number,
)
from govgraph.mapping.prefixes import IDLAB

__all__ = [
    "CONDITIONAL",
    "FUNCTIONS",
    "Function",
    "Functions",
    "Parameter",
    "PythonFunction",
    "Result",
    "SqlFunction",
    "by_iri",
    "member_number",
    "refused",
]


Functions = Mapping[str, Function]
"""IRI -> function: those that a mapping may call."""


def by_iri(functions: Iterable[Function]) -> dict[str, Function]:
    """IRI -> function, with all aliases."""
    return {iri: f for f in functions for iri in (f.iri, *f.aliases)}


class _Library(Mapping[str, Function]):
    """The functions that come with govgraph, loaded when one is asked for: most mappings call none."""

    @cached_property
    def functions(self) -> dict[str, Function]:
        from govgraph.mapping.functions import grel, grel_dates, grel_math, grel_text, idlab, japanese

        modules = (japanese, grel_text, grel, grel_math, grel_dates, idlab)
        return by_iri(function for module in modules for function in module.LIBRARY.functions)

    def __getitem__(self, iri: str) -> Function:
        return self.functions[iri]

    def __iter__(self) -> Iterator[str]:
        return iter(self.functions)

    def __len__(self) -> int:
        return len(self.functions)


FUNCTIONS: Functions = _Library()
"""IRI -> function that comes with govgraph; the reference documentation is written from it."""

CONDITIONAL = f"{IDLAB}trueCondition"
"""What `rml:condition` is short for: a value where a condition holds (RML-FNML, "Conditions")."""


def refused() -> Mapping[str, str]:
    """IRI of a function that is known, and not supported -> why."""
    from govgraph.mapping.functions import grel, idlab

    return {**idlab.REFUSED, **grel.REFUSED}
