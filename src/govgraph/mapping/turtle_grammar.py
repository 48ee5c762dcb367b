"""The grammar of Turtle (W3C Turtle 1.1, section 6.5), and what is said of text that does not follow it."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from govgraph.errors import MappingError, SourceSpan

if TYPE_CHECKING:
    from lark import Lark, Token, Tree
    from lark.exceptions import UnexpectedInput


def _among(characters: str) -> str:
    """`[characters]`, as all that it does not hold: Python compiles a set the faster the less it lists."""
    listed = sorted(
        (ord(first), ord(last or first)) for first, last in re.findall("(.)(?:-(.))?", characters)
    )
    others, start = "", 0
    for first, last in listed:
        if first > start:
            others += rf"\U{start:08X}-\U{first - 1:08X}"
        start = last + 1
    return rf"[^{others}\U{start:08X}-\U0010FFFF]"


_CHARS_BASE = (
    "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d\u2070-\u218f"
    "\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_CHARS = f"{_CHARS_BASE}_0-9\u00b7\u0300-\u036f\u203f-\u2040-"
_ESCAPED = r"%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=\/?#@%]"
_AFTER = rf"(?:{_among('.' + _CHARS)}*{_among(_CHARS)})?"
_PREFIX = rf"{_among(_CHARS_BASE)}{_AFTER}"
_LOCAL = (
    rf"(?:{_among(f'{_CHARS_BASE}_:0-9')}|{_ESCAPED})"
    rf"(?:(?:{_among('.:' + _CHARS)}|{_ESCAPED})*(?:{_among(':' + _CHARS)}|{_ESCAPED}))?"
)
_UCHAR = r"\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8}"
_ECHAR = rf"\\[tbnrf\"'\\]|{_UCHAR}"

_GRAMMAR = rf"""
start: (directive | triples _DOT)*
directive: _AT_PREFIX PNAME IRIREF _DOT -> prefix
    | _PREFIX PNAME IRIREF              -> prefix
    | _AT_BASE IRIREF _DOT              -> base
    | _BASE IRIREF                      -> base
triples: (iri | blank | collection) properties | nested properties?
properties: verb objects (_SEMICOLON (verb objects)?)*
verb: iri | A
objects: object (_COMMA object)*
?object: iri | blank | collection | nested | literal | NUMBER | BOOLEAN
nested: SQUARE properties? _CLOSE_SQUARE
collection: ROUND object* _CLOSE_ROUND
literal: STRING (LANGUAGE | _TYPED iri)?
iri: IRIREF | PNAME
blank: LABEL | ANON

_AT_PREFIX.1: /@prefix(?![a-zA-Z0-9\-])/
_AT_BASE.1: /@base(?![a-zA-Z0-9\-])/
_PREFIX: /prefix(?=[ \t\r\n#])/i
_BASE: /base(?=[ \t\r\n#<])/i
A: /a(?![\w:.\-])/
_DOT: "."
_SEMICOLON: ";"
_COMMA: ","
_TYPED: "^^"
SQUARE: "["
_CLOSE_SQUARE: "]"
ROUND: "("
_CLOSE_ROUND: ")"
BOOLEAN: /(?:true|false)(?![\w:\-])/
NUMBER: /[+-]?(?:[0-9]+\.[0-9]*[eE][+-]?[0-9]+|\.?[0-9]+[eE][+-]?[0-9]+|[0-9]*\.[0-9]+|[0-9]+)/
LANGUAGE: /@[a-zA-Z]+(?:-[a-zA-Z0-9]+)*/
IRIREF: /<(?:[^\x00-\x20<>"{{}}|^`\\]|{_UCHAR})*>/
LABEL: /_:{_among(f"{_CHARS_BASE}_0-9")}{_AFTER}/
ANON.2: /\[[ \t\r\n]*\]/
PNAME: /(?:{_PREFIX})?:(?:{_LOCAL})?/
STRING: /"{{3}}(?:"{{0,2}}(?:[^"\\]|{_ECHAR}))*"{{3}}/ | /'{{3}}(?:'{{0,2}}(?:[^'\\]|{_ECHAR}))*'{{3}}/
    | /"(?!"")(?:[^"\\\n\r]|{_ECHAR})*"/ | /'(?!'')(?:[^'\\\n\r]|{_ECHAR})*'/
COMMENT: /#[^\r\n]*/
SPACE: /[ \t\r\n]+/
%ignore COMMENT
%ignore SPACE
"""

_WORDS = {
    "IRIREF": "an IRI",
    "PNAME": "a prefixed name",
    "A": "'a'",
    "_DOT": "'.'",
    "_SEMICOLON": "';'",
    "_COMMA": "','",
    "_CLOSE_SQUARE": "']'",
    "_CLOSE_ROUND": "')'",
    "SQUARE": "'['",
    "STRING": "a literal",
}
"""What a message says that it expected, in its order; the rest is not worth a word."""

_HINTS = (
    (r"[\"'].*\\(?![tbnrfuU\"'\\])", r"a backslash in a string is written as \\"),
    (r"[\"']", 'close the string on its line, or use """'),
    (r"<", "an IRI has no spaces, quotes or brackets"),
)
"""How what cannot be read begins -> a hint."""


def syntax_tree(text: str, file: str) -> Tree[Token]:
    """The syntax tree of a document; its tokens know their line and column. Raises MappingError GG001."""
    from lark.exceptions import UnexpectedInput

    try:
        return _parser().parse(text)
    except UnexpectedInput as e:
        raise _syntax_error(e, text, file) from None


@cache
def _parser() -> Lark:
    from lark import Lark

    return Lark(_GRAMMAR, parser="lalr", lexer="basic")  # a lexer for each state compiles for longer


def _syntax_error(error: UnexpectedInput, text: str, file: str) -> MappingError:
    from lark.exceptions import UnexpectedToken

    span = SourceSpan(file, error.line, error.column)
    if not isinstance(error, UnexpectedToken):
        found = text[error.pos_in_stream :].split("\n", 1)[0]
        hint = next((hint for begin, hint in _HINTS if re.match(begin, found)), None)
        found = found if len(found) <= 40 else f"{found[:40]}…"
        return MappingError(f"not valid Turtle: unexpected {found}", "GG001", span, hint)
    words = [word for name, word in _WORDS.items() if name in (error.accepts)]
    wanted = ", expected " + " or ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))
    if error.token.type == "$END":
        lines = text.rstrip().split("\n")
        span = SourceSpan(file, len(lines), len(lines[-1]) + 1)
        return MappingError(f"not valid Turtle: the file ends too early{wanted}", "GG001", span)
    return MappingError(f"not valid Turtle: unexpected {error.token}{wanted}", "GG001", span)
