"""TextFSM templates, run so that every record knows its lines.

TextFSM keeps no line numbers. Here a record has the lines from which its rules took a value, Filldown and
Fillup values excepted, since those belong to other rows; a rule that takes no value stretches the record that
is open. A line is read if a value of a record, or a Filldown or Fillup value, came from it: what is matched
and then thrown away (`Clear`, a missing `Required` value) is not.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import textfsm

from govgraph.documents.regions import LogicalLine
from govgraph.errors import DocumentError, SourceSpan
from govgraph.files import read_text


@dataclass(frozen=True, slots=True)
class Piece:
    """What a rule took from a line: the value's name, the text, the numbers of the lines that are joined."""

    value: str
    text: str
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """A record as a layout read it: its values as printed, its first and last line, its first page.

    `pieces` are its values as they were taken, line by line, without those of Filldown.
    """

    values: Mapping[str, str]
    first: int
    last: int
    page: int | None
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Transcript:
    """What a layout read: the records, and the values that are filled down into them."""

    readings: tuple[Reading, ...] = ()
    filled: tuple[Piece, ...] = ()

    @property
    def lines(self) -> set[int]:
        """The numbers of all lines from which a value came."""
        pieces = [*self.filled, *(piece for reading in self.readings for piece in reading.pieces)]
        return {number for piece in pieces for number in piece.numbers}


class Template:
    """A layout: a TextFSM template, and where it stands."""

    def __init__(self, text: str, shown: str) -> None:
        self.text = text
        self.shown = shown
        machine = self._machine([])
        self.values: tuple[str, ...] = tuple(machine.header)
        if not any(machine.states.values()):
            raise self._broken("no state has a rule, so it would read nothing")
        for value in machine.values:
            if "List" in value.OptionNames() and value.compiled_regex.groupindex:
                raise self._broken(f"groups with names in the List value '{value.name}'")

    @classmethod
    def load(cls, path: Path, shown: str) -> Template:
        """The template at `path`; raises DocumentError GG204 with its line where it is broken."""
        return cls(read_text(path, shown, DocumentError), shown)

    def read(self, lines: Sequence[LogicalLine], document: str) -> Transcript:
        """The records in `lines`, and what they are made of.

        Raises DocumentError GG203 where a rule of the template calls a line an error.
        """
        machine = self._machine(lines)
        try:
            readings = machine.run()
        except textfsm.TextFSMError as e:
            number = lines[machine.at].numbers[0]
            raise DocumentError(
                f"the layout {self.shown} calls this line an error",
                "GG203",
                SourceSpan(document, number),
                str(e),
            ) from e
        return Transcript(tuple(readings), tuple(machine.filled))

    def _machine(self, lines: Sequence[LogicalLine]) -> _TracingFSM:
        try:
            return _TracingFSM(self.text, lines)
        except textfsm.TextFSMTemplateError as e:
            raise self._broken(str(e)) from e
        except IndexError as e:  # how TextFSM takes a Value line that ends after the name
            raise self._broken("a Value needs a pattern in brackets") from e

    def _broken(self, message: str) -> DocumentError:
        return DocumentError(
            "broken layout: " + re.sub(r"\.?( Line:? \d+)?\.?$", "", message),
            "GG204",
            SourceSpan(self.shown, _line_of_fault(message, self.text)),
            "the language of layouts is TextFSM; see docs/how-to/read-a-document.md",
        )


def _line_of_fault(message: str, text: str) -> int:
    """The line that a complaint of TextFSM is about, 0 where it names none."""
    if named := re.search(r"Line:? (\d+)", message):
        return int(named[1])
    about = (
        (r"State '(\w+)' not found", r"->.*\b{}\s*$"),
        (r"groups with names in the List value '(\w+)'", r"^Value List {} "),
        (r"(a) Value needs a pattern", r"^Value [^(]*$"),
    )
    for complaint, place in about:
        if found := re.match(complaint, message):
            pattern = place.format(found[1])
            return next((n for n, line in enumerate(text.splitlines(), 1) if re.search(pattern, line)), 0)
    return 0


_SHARED = {"Filldown", "Fillup"}
"""Options of a value that belongs to the rows below or above its line."""


class _TracingFSM(textfsm.TextFSM):  # type: ignore[misc]
    """A machine that notes from which lines it takes what; the methods are TextFSM's own steps."""

    def __init__(self, template: str, lines: Sequence[LogicalLine]) -> None:
        self.lines = lines
        self.at = 0
        self.sources: list[list[int]] = []
        self.taken: list[list[Piece]] = []
        self.filled: list[Piece] = []
        self.open: list[int] = []
        self.pieces: list[Piece] = []
        super().__init__(io.StringIO(template))

    def run(self) -> list[Reading]:
        """Reads all lines, as `ParseText` does for one text; a row of Filldown values alone is none."""
        for index, line in enumerate(self.lines):
            self.at = index
            self._CheckLine(line.text)
            if self._cur_state_name in ("End", "EOF"):
                break
        if self._cur_state_name != "End" and "EOF" not in self.states:
            self._AppendRecord()
        return [
            Reading(
                {name: _as_text(v) for name, v in zip(self.header, row, strict=True)},
                self.lines[source[0]].numbers[0],
                self.lines[source[-1]].numbers[-1],
                self.lines[source[0]].page,
                tuple(pieces),
            )
            for row, source, pieces in zip(self._result, self.sources, self.taken, strict=True)
            if source
        ]

    def _AssignVar(self, matched: re.Match[str], value: str) -> None:  # noqa: N802
        super()._AssignVar(matched, value)
        if matched[value] is not None:
            piece = Piece(value, matched[value], self.lines[self.at].numbers)
            if _SHARED & {*self._GetValue(value).OptionNames()}:
                self.filled.append(piece)
            else:
                self.open.append(self.at)
                self.pieces.append(piece)

    def _Operations(self, rule: textfsm.TextFSMRule, line: str) -> bool:  # noqa: N802
        takes_nothing = "${" not in rule.match and not (rule.record_op or rule.new_state or rule.line_op)
        if takes_nothing and self.open:
            self.open.append(self.at)
        return bool(super()._Operations(rule, line))

    def _AppendRecord(self) -> None:  # noqa: N802
        source, pieces, before = self.open, self.pieces, len(self._result)
        super()._AppendRecord()
        if len(self._result) > before:
            self.sources.append(source)
            self.taken.append(pieces)

    def _ClearRecord(self) -> None:  # noqa: N802
        super()._ClearRecord()
        self.open, self.pieces = [], []

    def _ClearAllRecord(self) -> None:  # noqa: N802
        super()._ClearAllRecord()
        self.open, self.pieces = [], []


def _as_text(value: str | list[str | None]) -> str:
    """A value as printed; those of a List stand on lines of their own."""
    return value.strip() if isinstance(value, str) else "\n".join(v.strip() for v in value if v)
