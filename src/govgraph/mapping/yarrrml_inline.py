"""Functions in one line, `ex:f(ex:p = $(column), ex:g(…))`, as the nodes of their long form.

YARRRML, "Functions": the function is followed by brackets, every parameter-value pair is separated by a
comma, and parameters are separated from their value by an equal sign.
"""

from __future__ import annotations

import re

from govgraph.positions import Entry, Node, Scalar, Sequence, Table

_NAME = re.compile(r"\s*([\w.\-]*:?[\w.\-]+|<[^<>\s]+>)\s*\(")
_PARAMETER = re.compile(r"\s*([\w.\-]*:?[\w.\-]+)\s*=")


class InlineSyntaxError(Exception):
    """What is wrong with the text."""


def parse_call(text: Scalar) -> tuple[Scalar, tuple[Node, ...]]:
    """Name and parameters of a call; each parameter is a value or `[parameter, value]`.

    Raises InlineSyntaxError. All nodes have the place of the whole text.
    """
    parser = _Parser(text)
    call = parser.call()
    if parser.text[parser.at :].strip():
        raise InlineSyntaxError("text after the closing bracket")
    return call


class _Parser:
    def __init__(self, scalar: Scalar) -> None:
        self.text = scalar.text
        self.span = scalar.span
        self.at = 0

    def call(self) -> tuple[Scalar, tuple[Node, ...]]:
        named = _NAME.match(self.text, self.at)
        if not named:
            raise InlineSyntaxError("expected a function with its parameters in brackets")
        self.at = named.end()
        items: list[Node] = []
        while not self._skip(")"):
            if items and not self._skip(","):
                raise InlineSyntaxError("a closing bracket is missing")
            parameter = _PARAMETER.match(self.text, self.at)
            if parameter:
                self.at = parameter.end()
            value = self.value()
            items.append(Sequence((self._word(parameter[1]), value), self.span) if parameter else value)
        return self._word(named[1].strip("<>")), tuple(items)

    def value(self) -> Node:
        """A nested call, a text in quotes, or a text up to the next comma or closing bracket."""
        if _NAME.match(self.text, self.at):
            name, items = self.call()
            entries = (
                Entry("function", name, self.span),
                Entry("parameters", Sequence(items, self.span), self.span),
            )
            return Table(entries, self.span)
        if quoted := re.compile(r"\s*(\"[^\"]*\"|'[^']*')\s*(?=[,)])").match(self.text, self.at):
            self.at = quoted.end()
            return self._word(quoted[1][1:-1])
        plain = re.compile(r"(?:\\\$\(|\$\((?:\\.|[^)\\])*\)|[^,)])*").match(self.text, self.at)
        assert plain is not None
        self.at = plain.end()
        if not plain[0].strip():
            raise InlineSyntaxError("a value is missing")
        return self._word(plain[0].strip())

    def _skip(self, sign: str) -> bool:
        while self.text[self.at : self.at + 1].isspace():
            self.at += 1
        if self.text.startswith(sign, self.at):
            self.at += 1
            return True
        return False

    def _word(self, text: str) -> Scalar:
        return Scalar(text, "str", self.span)
