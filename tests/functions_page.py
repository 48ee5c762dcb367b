"""What docs/reference/functions.md lists; `python -m tests.functions_page` writes it anew."""

from __future__ import annotations

from collections.abc import Iterator

from govgraph.iri import GG, RDF
from govgraph.mapping.functions import FUNCTIONS, REFUSED, Function, PythonFunction
from govgraph.mapping.functions.idlab import EXAMPLES_OF_FNML, FIRST_IDLAB
from govgraph.mapping.functions.registry import MEMBER, Example, Parameter
from govgraph.mapping.prefixes import GREL, IDLAB
from tests.conftest import REPOSITORY

PAGE = REPOSITORY / "docs" / "reference" / "functions.md"
BEGIN = "<!-- from the functions -->"
PREFIXES = {
    GG: "gg",
    GREL: "grel",
    IDLAB: "idlab-fn",
    FIRST_IDLAB: "idlab-0",
    EXAMPLES_OF_FNML: "fns",
    RDF: "rdf",
}
_HEADINGS = {"gg": "govgraph", "grel": "GREL", "idlab-fn": "IDLab"}


def every() -> list[Function]:
    """All functions, each once."""
    return list({id(f): f for f in FUNCTIONS.values()}.values())


def short(iri: str) -> str:
    """An IRI with its prefix."""
    namespace = max((n for n in PREFIXES if iri.startswith(n)), key=len)
    return f"{PREFIXES[namespace]}:{iri.removeprefix(namespace)}"


def text() -> str:
    """The page with its tables as they must be."""
    return PAGE.read_text(encoding="utf-8").partition(BEGIN)[0] + BEGIN + "\n\n" + "\n".join(_tables()) + "\n"


def _tables() -> Iterator[str]:
    for prefix, heading in _HEADINGS.items():
        yield f"## {heading}\n"
        for function in every():
            if short(function.iri).startswith(f"{prefix}:"):
                yield from _entry(function)
    yield "## Refused\n"
    yield "| function | why |\n|---|---|"
    for iri, reason in REFUSED.items():
        if not iri.startswith(FIRST_IDLAB):
            yield f"| `{short(iri)}` | {reason} |"


def _entry(function: Function) -> Iterator[str]:
    kind = "Python" if isinstance(function, PythonFunction) else "SQL"
    yield f"### `{short(function.iri)}`\n"
    yield f"{function.description[0].upper()}{function.description[1:]}. ({function.returns.value}; {kind})\n"
    yield from (f"- {_parameter(p)}" for p in function.parameters)
    if aliases := [short(a) for a in function.aliases if not a.startswith(FIRST_IDLAB)]:
        yield f"- the same: {_listed(aliases)}"
    yield from (f"- {_example(e)}" for e in function.examples)
    yield ""


def _parameter(parameter: Parameter) -> str:
    others = [short(a) for a in parameter.aliases if not a.startswith(FIRST_IDLAB)]
    name = "rdf:_1`, `rdf:_2`, `…" if parameter.iri == MEMBER else short(parameter.iri)
    kinds = [
        *(["all values"] if parameter.many else []),
        *(["true or false"] if parameter.boolean else []),
        *([] if parameter.required else ["may be left out"]),
    ]
    also = f", also {_listed(others)}" if others else ""
    return f"`{name}`" + also + (f" ({', '.join(kinds)})" if kinds else "")


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _example(example: Example) -> str:
    *given, result = (_value(v) for v in example)
    return f"{', '.join(given)} → {result}"


def _value(value: str | tuple[str | None, ...] | None) -> str:
    if value is None:
        return "nothing"
    if value == "":
        return "empty text"
    if isinstance(value, tuple):
        return " and ".join(map(_value, value))
    shown = value.replace("\t", "\\t").replace("\u3000", "\\u3000")
    return f"`` {shown} ``" if "`" in shown else f"`{shown}`"


if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8")
