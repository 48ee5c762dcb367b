"""The words of Turtle (W3C Turtle 1.1, section 6.5), and what is said of text that breaks its grammar."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from govgraph.errors import MappingError, SourceSpan


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a document: its kind, a group of `_tokens`, its text and where it begins."""

    kind: str
    text: str
    span: SourceSpan


def _among(characters: str) -> str:
    """`[characters]`; a large set as all that it does not hold: Python compiles it the faster for it."""
    if characters.isascii():
        return f"[{characters}]"
    listed = sorted(
        (ord(first), ord(last or first)) for first, last in re.findall("(.)(?:-(.))?", characters)
    )
    others, start = "", 0
    for first, last in listed:
        if first > start:
            others += rf"\U{start:08X}-\U{first - 1:08X}"
        start = last + 1
    return rf"[^{others}\U{start:08X}-\U0010FFFF]"


_LETTERS = (
    "\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d\u2070-\u218f"
    "\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_MARKS = "\u00b7\u0300-\u036f\u203f-\u2040"
"""What names may have outside of ASCII: anywhere, and behind their first character."""

_ESCAPED = r"%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=\/?#@%]"
_UCHAR = r"\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8}"
_ECHAR = rf"\\[tbnrf\"'\\]|{_UCHAR}"
_STRING = "|".join(
    (
        rf'"{{3}}(?:"{{0,2}}(?:[^"\\]|{_ECHAR}))*"{{3}}',
        rf"'{{3}}(?:'{{0,2}}(?:[^'\\]|{_ECHAR}))*'{{3}}",
        rf'"(?!"")(?:[^"\\\n\r]|{_ECHAR})*"',
        rf"'(?!'')(?:[^'\\\n\r]|{_ECHAR})*'",
    )
)
_NUMBER = r"[+-]?(?:[0-9]+\.[0-9]*[eE][+-]?[0-9]+|\.?[0-9]+[eE][+-]?[0-9]+|[0-9]*\.[0-9]+|[0-9]+)"


@cache
def _tokens(*, ascii_: bool) -> re.Pattern[str]:
    """A token, as a group that is named after its kind; the first that matches counts.

    For a text that is `ascii_` the sets of characters are so, because Python takes long to compile others.
    """
    letters = "A-Za-z" if ascii_ else f"A-Za-z{_LETTERS}"
    characters = f"{letters}_0-9-" if ascii_ else f"{letters}{_MARKS}_0-9-"
    after = rf"(?:{_among('.' + characters)}*{_among(characters)})?"
    prefix = rf"{_among(letters)}{after}"
    local = (
        rf"(?:{_among(f'{letters}_:0-9')}|{_ESCAPED})"
        rf"(?:(?:{_among('.:' + characters)}|{_ESCAPED})*(?:{_among(':' + characters)}|{_ESCAPED}))?"
    )
    kinds = {
        "AT_PREFIX": r"@prefix(?![a-zA-Z0-9\-])",
        "AT_BASE": r"@base(?![a-zA-Z0-9\-])",
        "LANGUAGE": r"@[a-zA-Z]+(?:-[a-zA-Z0-9]+)*",
        "PREFIX": r"(?i:prefix)(?=[ \t\r\n#])",
        "BASE": r"(?i:base)(?=[ \t\r\n#<])",
        "A": r"a(?![\w:.\-])",
        "BOOLEAN": r"(?:true|false)(?![\w:\-])",
        "PNAME": rf"(?:{prefix})?:(?:{local})?",
        "LABEL": rf"_:{_among(f'{letters}_0-9')}{after}",
        "IRIREF": rf"<(?:[^\x00-\x20<>\"{{}}|^`\\]|{_UCHAR})*>",
        "STRING": _STRING,
        "NUMBER": _NUMBER,
        "ANON": r"\[[ \t\r\n]*\]",
        "SQUARE": r"\[",
        "CLOSE_SQUARE": r"\]",
        "ROUND": r"\(",
        "CLOSE_ROUND": r"\)",
        "TYPED": r"\^\^",
        "DOT": r"\.",
        "SEMICOLON": ";",
        "COMMA": ",",
        "END": r"\Z",
    }
    return re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in kinds.items()))


_SPACE = re.compile(r"(?:[ \t\r\n]+|#[^\r\n]*)*")

_WORDS = {
    "IRIREF": "an IRI",
    "PNAME": "a prefixed name",
    "A": "'a'",
    "DOT": "'.'",
    "SEMICOLON": "';'",
    "COMMA": "','",
    "CLOSE_SQUARE": "']'",
    "CLOSE_ROUND": "')'",
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


class Tokens:
    """The words of a document, of which the next is known; and which kinds could have stood in its place."""

    def __init__(self, text: str, file: str) -> None:
        """Raises MappingError GG001 where the text does not begin with a word, as all methods do later."""
        self._text = text
        self._file = file
        self._tokens = _tokens(ascii_=text.isascii())
        self._line, self._line_begin, self._counted = 1, 0, 0
        self._wanted: set[str] = set()
        self.next = self._read(0)

    def take(self, *kinds: str) -> Token | None:
        """The next word if it is of one of these kinds, and then goes on to the one behind it."""
        token = self.next
        if token.kind not in kinds:
            self._wanted.update(kinds)
            return None
        self._wanted.clear()
        self.next = self._read(self._end)
        return token

    def expect(self, *kinds: str) -> Token:
        """The same for a word that must be there."""
        token = self.take(*kinds)
        if token is None:
            raise self._unexpected()
        return token

    def _read(self, position: int) -> Token:
        space = _SPACE.match(self._text, position)
        assert space
        begin = space.end()
        match = self._tokens.match(self._text, begin)
        span = self._span(begin)
        if not match:
            found = self._text[begin:].split("\n", 1)[0]
            hint = next((hint for start, hint in _HINTS if re.match(start, found)), None)
            found = found if len(found) <= 40 else f"{found[:40]}…"
            raise MappingError(f"not valid Turtle: unexpected {found}", "GG001", span, hint)
        self._end = match.end()
        return Token(str(match.lastgroup), match[0], span)

    def _span(self, position: int) -> SourceSpan:
        if lines := self._text.count("\n", self._counted, position):
            self._line += lines
            self._line_begin = self._text.rindex("\n", self._counted, position) + 1
        self._counted = position
        return SourceSpan(self._file, self._line, position - self._line_begin + 1)

    def _unexpected(self) -> MappingError:
        words = [word for kind, word in _WORDS.items() if kind in self._wanted]
        wanted = ", expected " + " or ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))
        if self.next.kind == "END":
            lines = self._text.rstrip().split("\n")
            span = SourceSpan(self._file, len(lines), len(lines[-1]) + 1)
            return MappingError(f"not valid Turtle: the file ends too early{wanted}", "GG001", span)
        return MappingError(f"not valid Turtle: unexpected {self.next.text}{wanted}", "GG001", self.next.span)
