"""The functions that mappings can call, and those that they cannot, with the reason why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from govgraph.mapping.functions import grel, grel_dates, grel_math, grel_text, idlab, japanese
from govgraph.mapping.functions.registry import (
    Function,
    Parameter,
    PythonFunction,
    Result,
    SqlFunction,
    member_number,
)

__all__ = [
    "CONDITIONAL",
    "FUNCTIONS",
    "REFUSED",
    "Function",
    "Functions",
    "Parameter",
    "PythonFunction",
    "Result",
    "SqlFunction",
    "by_iri",
    "member_number",
]


Functions = Mapping[str, Function]
"""IRI -> function: those that a mapping may call."""


def by_iri(functions: Iterable[Function]) -> dict[str, Function]:
    """IRI -> function, with all aliases."""
    return {iri: f for f in functions for iri in (f.iri, *f.aliases)}


FUNCTIONS: Functions = by_iri(
    (
        *japanese.LIBRARY.functions,
        *grel_text.LIBRARY.functions,
        *grel.LIBRARY.functions,
        *grel_math.LIBRARY.functions,
        *grel_dates.LIBRARY.functions,
        *idlab.LIBRARY.functions,
    )
)
"""IRI -> function that comes with govgraph; the reference documentation is written from it."""

CONDITIONAL = FUNCTIONS[idlab.TRUE_CONDITION]
"""What `rml:condition` is short for: a value where a condition holds (RML-FNML, "Conditions")."""

REFUSED: Mapping[str, str] = {**idlab.REFUSED, **grel.REFUSED}
"""IRI of a function that is known, and refused -> why."""
