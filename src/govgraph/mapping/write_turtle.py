"""Blank nodes and texts as Turtle."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

_LINE = 100
_UNQUOTED = "-._~!$&'()*+,;=:@"
_ESCAPES = {"\\": r"\\", '"': r"\"", "\n": r"\n", "\r": r"\r", "\t": r"\t"}


@dataclass(frozen=True, slots=True)
class TurtleNode:
    """A blank node: its properties with their values, each a term or another blank node."""

    properties: tuple[tuple[str, str | TurtleNode], ...]

    def write(self, indent: str = "") -> str:
        """The node, on one line where it is short."""
        inner = indent + "  "
        parts = [f"{p} {v if isinstance(v, str) else v.write(inner)}" for p, v in self.properties]
        line = f"[ {' ; '.join(parts)} ]"
        if "\n" not in line and len(indent) + len(line) <= _LINE:
            return line
        return "[\n" + " ;\n".join(inner + part for part in parts) + f"\n{indent}]"


@dataclass(frozen=True, slots=True)
class TurtleList(TurtleNode):
    """A list of blank nodes."""

    items: tuple[TurtleNode, ...] = ()

    def write(self, indent: str = "") -> str:
        """The list, on one line where it is short."""
        inner = indent + "  "
        parts = [item.write(inner) for item in self.items]
        line = f"( {' '.join(parts)} )"
        if "\n" not in line and len(indent) + len(line) <= _LINE:
            return line
        return "(\n" + "\n".join(inner + part for part in parts) + f"\n{indent})"


def fragment_in_turtle(name: str) -> str:
    """The IRI of what the document names: its name as a fragment."""
    return f"<#{quote(name, safe=_UNQUOTED)}>"


def text_in_turtle(text: str) -> str:
    """A string in Turtle."""
    return '"' + "".join(_ESCAPES.get(c, c) for c in text) + '"'
