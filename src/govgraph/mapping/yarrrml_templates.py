"""Templates as YARRRML writes them (sections "Template" and "External references")."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf

from govgraph.mapping.model import Constant, Reference, Template


def read_template(text: str, external: MappingOf[str, str] | None = None) -> Template | None:
    r"""`text` with `$(column)` as references, or None where a bracket is not closed (YARRRML, "Template").

    `\$(` stands for itself; inside brackets `\)` and `\(` do. `$(_name)` is the text that `external` has for
    `name`, if any; `$(\_name)` is always the column `_name` (YARRRML, "External references").

    >>> read_template("a/$(x)").parts
    ('a/', Reference(name='x'))
    >>> read_template("a/$(_x)/$(\\_x)", {"x": "b"}).parts
    ('a/b/', Reference(name='_x'))
    """
    parts: list[str | Reference] = []
    literal, i = "", 0
    while i < len(text):
        if text.startswith(r"\$(", i):
            literal, i = literal + "$(", i + 3
        elif text.startswith("$(", i):
            name, i = "", i + 2
            filled = not text.startswith(r"\_", i)
            if not filled:
                i += 1
            while i < len(text) and text[i] != ")":
                if text[i] == "\\" and text[i + 1 : i + 2] in ("(", ")", "\\"):
                    i += 1
                name, i = name + text[i], i + 1
            if i == len(text) or not name:
                return None
            i += 1
            if filled and external and name[0] == "_" and name[1:] in external:
                literal += external[name[1:]]
                continue
            parts += [literal, Reference(name)] if literal else [Reference(name)]
            literal = ""
        else:
            literal, i = literal + text[i], i + 1
    return Template((*parts, literal) if literal or not parts else tuple(parts))


BACKSLASH = "backslash"
"""The external reference that stands for a backslash just before a reference."""


def write_template(expression: Constant | Reference | Template) -> str:
    r"""The text that `read_template` reads as `expression`, if `BACKSLASH` is an external reference.

    >>> write_template(Template(("a/$(b)/", Reference("(x)"))))
    'a/\\$(b)/$(\\(x\\))'
    """
    parts = expression.parts if isinstance(expression, Template) else (expression,)
    text = ""
    for part in parts:
        match part:
            case str(literal) | Constant(literal):
                text += literal.replace("$(", r"\$(")
            case Reference(name):
                before = text.rstrip("\\")
                text = before + f"$(_{BACKSLASH})" * (len(text) - len(before))
                escaped = "".join(f"\\{c}" if c in "()\\" else c for c in name)
                text += f"$(\\{escaped})" if name.startswith("_") else f"$({escaped})"
    return text
