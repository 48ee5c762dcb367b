"""Terms and blank nodes as Turtle text."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

_LINE = 100
_ESCAPES = {"\\": r"\\", '"': r"\"", "\n": r"\n", "\r": r"\r", "\t": r"\t"}
_UNQUOTED = "-._~!$&'()*+,;=:@"


@dataclass(frozen=True, slots=True)
class Node:
    """A blank node: its properties with their values, each a term or another blank node."""

    properties: tuple[tuple[str, str | Node], ...]

    def write(self, indent: str = "") -> str:
        """In one line where that is not too long."""
        inner = indent + "  "
        parts = [f"{p} {v if isinstance(v, str) else v.write(inner)}" for p, v in self.properties]
        line = f"[ {' ; '.join(parts)} ]"
        if "\n" not in line and len(indent) + len(line) <= _LINE:
            return line
        return "[\n" + " ;\n".join(inner + part for part in parts) + f"\n{indent}]"


def fragment(name: str) -> str:
    """The IRI of what the document names: its name as a fragment."""
    return f"<#{quote(name, safe=_UNQUOTED)}>"


def text(value: str) -> str:
    """A string in Turtle."""
    return '"' + "".join(_ESCAPES.get(c, c) for c in value) + '"'
