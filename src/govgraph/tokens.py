"""The lexical rules of SPARQL: a query as tokens, each with its place.

The grammar of Oxigraph's parser knows no tokens: it decides by context whether `<` opens an IRI or compares
two values, and it splits words (`service:a {}` is SERVICE `:a {}` to it). Where the two readings could
differ, the tokens say so (`doubtful`), and the guard decides what that means.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple, cast

from govgraph.iri import is_absolute

Kind = Literal["iri", "string", "variable", "label", "name", "tag", "number", "word", "mark", "stray"]


class Token(NamedTuple):
    """A terminal of SPARQL (section 19.8 of SPARQL 1.1 Query), or a character that is none.

    `inside` is the innermost open bracket around it ("" outside all), `data` says that it stands in the
    block of a VALUES clause, `doubtful` that the parser may read the text from here on in another way.
    """

    kind: Kind
    text: str
    start: int
    inside: str = ""
    data: bool = False
    doubtful: bool = False

    @property
    def end(self) -> int:
        """Offset of the character after the token."""
        return self.start + len(self.text)

    def is_word(self, *words: str) -> bool:
        """Whether this is one of the keywords `words` (given in upper case)."""
        return self.kind == "word" and self.text.upper() in words


_BASE = (
    "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c\u200d\u2070-\u218f"
    "\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\uffef\U00010000-\U000effff"
)
_VARIABLE = f"[{_BASE}_0-9\u00b7\u0300-\u036f\u203f-\u2040]"
_CHARACTER = f"[{_BASE}_0-9\\-\u00b7\u0300-\u036f\u203f-\u2040]"
_DOTTED = f"(?:(?:{_CHARACTER}|\\.)*{_CHARACTER})?"
_PLX = r"%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?#@%]"
_LOCAL = f"(?:[{_BASE}_0-9:]|{_PLX})(?:(?:{_CHARACTER}|[.:]|{_PLX})*(?:{_CHARACTER}|:|{_PLX}))?"
_CODE_POINT = r"\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8}"
_IN_IRI = rf"""[^\x00-\x20<>"{{}}|^`\\]|{_CODE_POINT}"""
_ESCAPE = rf"""\\[tbnrf"'\\]|{_CODE_POINT}"""

_TOKEN = re.compile(
    rf"""
      (?P<space>    [ \t\r\n]+ | \#[^\r\n]* )
    | (?P<iri>      <(?:{_IN_IRI})*> )
    | (?P<string>   \"\"\"(?:\"{{0,2}}(?:[^\"\\]|{_ESCAPE}))*\"\"\"
                  | \'\'\'(?:\'{{0,2}}(?:[^\'\\]|{_ESCAPE}))*\'\'\'
                  | (?!\"\"\")\"(?:[^\"\\\r\n]|{_ESCAPE})*\"
                  | (?!\'\'\')\'(?:[^\'\\\r\n]|{_ESCAPE})*\' )
    | (?P<variable> [?$][{_BASE}_0-9]{_VARIABLE}* )
    | (?P<label>    _:[{_BASE}_0-9]{_DOTTED} )
    | (?P<name>     (?:[{_BASE}]{_DOTTED})?:(?:{_LOCAL})? )
    | (?P<tag>      @[A-Za-z]+(?:-[A-Za-z0-9]+)*(?:--[A-Za-z]+)? )
    | (?P<number>   (?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)[eE][+-]?[0-9]+ | [0-9]*\.[0-9]+ | [0-9]+ )
    | (?P<word>     [{_BASE}_]{_DOTTED} )
    | (?P<mark>     \^\^ | \|\| | && | [{{}}()\[\].;,*/+\-=<>!|^?~&] )
    | (?P<stray>    [\"\'][^\r\n]* | . )
    """,
    re.VERBOSE | re.DOTALL,
)
"""Linear in the length of the query: what is no terminal is taken in one piece, and never read twice."""

_RELATIVE = re.compile(r"<(?![A-Za-z][A-Za-z0-9+.\-]*:)[^\x00-\x20<>]*>")
_OPENS = {"}": "{", ")": "(", "]": "["}
_DOTS = re.compile(r"(?<!\\)\.+")
_WITH_AUTHORITY = re.compile(r"<[A-Za-z][A-Za-z0-9+.\-]*://")
_BEFORE_OPERAND = frozenset("(,|/^!=*+-&") | {"||", "&&", "^^"}


def tokenize(text: str) -> Iterator[Token]:
    """The tokens of `text` in their order, without white space and comments."""
    stack: list[tuple[str, bool]] = []
    before: Token | None = None
    values = False
    position = 0
    while match := _TOKEN.match(text, position):
        kind, found = cast(Kind, match.lastgroup), match[0]
        start, position = position, match.end()
        if match.lastgroup == "space":
            continue
        inside, data = stack[-1] if stack else ("", False)
        doubtful = kind == "stray" or _may_end_early(kind, found)
        if kind == "iri" and inside == "(" and not data and _may_compare(before, found):
            if set("#'()[]").isdisjoint(found):
                kind, found, position = "mark", "<", start + 1
            else:
                doubtful = True
        if kind == "mark" and found in _OPENS:
            if inside == _OPENS[found]:
                stack.pop()
                inside, data = stack[-1] if stack else ("", False)
            else:
                doubtful = True
        before = Token(kind, found, start, inside, data, doubtful)
        yield before
        if kind == "mark" and found in "{([":
            block = values and found == "{"
            stack.append((found, data or block))
            values = values and not block
        else:
            values = before.is_word("VALUES") or (values and (kind == "variable" or found == ")"))


def _may_end_early(kind: Kind, text: str) -> bool:
    """Whether the parser may read only the beginning of a terminal.

    It ends a local name before its second run of dots, and takes a long string in which an escape names no
    character for an empty string with another string after it.
    """
    if kind == "name":
        return len(_DOTS.findall(text, text.index(":"))) > 1
    return kind == "string" and text.startswith(('"""', "'''")) and ("\\u" in text or "\\U" in text)


def _may_compare(before: Token | None, iri: str) -> bool:
    """Whether `<` might compare two values here: after an operand, and before what may be another one.

    An IRI with `//` cannot be read as an operand: no division follows a division sign.
    """
    if before is None or _WITH_AUTHORITY.match(iri):
        return False
    if before.kind == "word":
        return before.text.lower().endswith(("true", "false"))
    return before.kind != "mark" or before.text not in _BEFORE_OPERAND


def variables(text: str) -> list[str]:
    """The names of the variables of the query `text`, once each, in their order."""
    return list(dict.fromkeys(token.text[1:] for token in tokenize(text) if token.kind == "variable"))


def may_have_relative_iri(text: str) -> bool:
    """Whether a query may hold an IRI that needs a base; some comparisons look like one."""
    return _RELATIVE.search(text) is not None


def prefixes(text: str) -> dict[str, str]:
    """The prefixes that the query `text` declares with an absolute IRI, without their colons."""
    declared: dict[str, str] = {}
    words = tuple(tokenize(text))
    for keyword, name, iri in zip(words, words[1:], words[2:], strict=False):
        if keyword.is_word("PREFIX") and name.kind == "name" and iri.kind == "iri":
            namespace = iri.text[1:-1]
            if is_absolute(namespace):
                declared[name.text.removesuffix(":")] = namespace
    return declared
