"""What a function is: its IRIs, parameters and results, how it is computed, and examples of it.

Values go in and come out as text, as true or false, or as a list of texts. Where a value that is required is
missing, so is the result.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from govgraph.errors import SourceSpan
from govgraph.iri import RDF

Value = str | bool | list[str] | None
"""What a Python function takes and gives."""

MEMBER = f"{RDF}_nnn"
"""The IRI of a parameter that is given as rdf:_1, rdf:_2 and so on."""


def member_number(iri: str) -> int:
    """The n of rdf:_n, which says where its value stands among those of its parameter; 0 of other IRIs."""
    found = re.fullmatch(rf"{re.escape(RDF)}_([1-9][0-9]*)", iri)
    return int(found[1]) if found else 0


class Result(Enum):
    """What a function gives."""

    TEXT = "text"
    BOOLEAN = "true or false"
    LIST = "list"
    """Each of its values makes a term, or is given to the function that takes it."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter, by its IRI and `aliases`, such as the predicate that FnO has for it.

    `many`: it takes all values as a list, and may be given several times. `boolean`: it is true or false.
    """

    iri: str
    aliases: tuple[str, ...] = ()
    required: bool = True
    many: bool = False
    boolean: bool = False

    def optional(self) -> Parameter:
        """The same, where it may be left out."""
        return Parameter(self.iri, self.aliases, False, self.many, self.boolean)


Example = tuple[str | tuple[str | None, ...] | None, ...]
"""The values of all parameters (None: there is none), and the result at the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A function of FnO. `outputs` are the IRIs of each of its results, the first by default."""

    iri: str
    parameters: tuple[Parameter, ...] = field(compare=False)
    returns: Result = field(default=Result.TEXT, compare=False)
    outputs: tuple[tuple[str, ...], ...] = field(default=(), compare=False)
    aliases: tuple[str, ...] = field(default=(), compare=False)
    description: str = field(default="", compare=False)
    examples: tuple[Example, ...] = field(default=(), compare=False)

    @property
    def boolean(self) -> bool:
        """Whether it is true or false."""
        return self.returns is Result.BOOLEAN

    def parameter(self, iri: str) -> Parameter | None:
        """The parameter of that IRI."""
        iri = MEMBER if member_number(iri) else iri
        return next((p for p in self.parameters if iri in (p.iri, *p.aliases)), None)

    def output(self, iri: str) -> int | None:
        """The position of the result of that IRI."""
        return next((n for n, names in enumerate(self.outputs) if iri in names), None)

    def several(self, parameter: Parameter) -> bool:
        """Whether the parameter may be given more than once."""
        return parameter.many or (isinstance(self, SqlFunction) and self.folds)

    def missing(self, given: Sequence[str]) -> list[Parameter]:
        """The parameters that have to be given and are not, `given` being the IRIs of those that are."""
        return [p for p in self.parameters if p.required and p.iri not in given]


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlFunction(Function):
    """`sql` is an expression of DuckDB; `:a`, `:b`, `:c` stand for the parameters.

    `folds`: it has one parameter, given twice or more, and `sql` joins two of its values.
    `portable`: sqlglot writes the same for other dialects.
    """

    sql: str = field(compare=False)
    folds: bool = field(default=False, compare=False)
    portable: bool = field(default=True, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonFunction(Function):
    """`call` takes and gives values; it raises ValueError for what it cannot read.

    `sql_name` is what engines call it. `ascii_sql` says the same faster, where `:a` is ASCII. A function with
    several outputs gives a list of them. `place` is where a user has written it.
    """

    sql_name: str = field(compare=False)
    call: Callable[..., Value | Sequence[Value]] = field(compare=False)
    ascii_sql: str | None = field(default=None, compare=False)
    place: SourceSpan | None = field(default=None, compare=False)

    def output_name(self, output: int) -> str:
        """The name in SQL of what gives one of the outputs."""
        return f"{self.sql_name}_{output + 1}" if output else self.sql_name


class Library:
    """Functions of one namespace, as they are defined one after the other."""

    def __init__(self, namespace: str, name: str, outputs: Mapping[Result, tuple[str, ...]]) -> None:
        self.namespace = namespace
        self.name = name
        self.outputs = {result: (tuple(names),) for result, names in outputs.items()}
        self.functions: list[Function] = []

    def sql(
        self,
        name: str,
        parameters: tuple[Parameter, ...],
        sql: str,
        description: str,
        *examples: Example,
        returns: Result = Result.TEXT,
        aliases: tuple[str, ...] = (),
        folds: bool = False,
        portable: bool = True,
    ) -> None:
        """Adds a function that SQL says exactly."""
        self.functions.append(
            SqlFunction(
                iri=self.namespace + name,
                parameters=parameters,
                returns=returns,
                outputs=self.outputs.get(returns, ()),
                aliases=aliases,
                description=description,
                examples=examples,
                sql=sql,
                folds=folds,
                portable=portable,
            )
        )

    def python(
        self,
        name: str,
        parameters: tuple[Parameter, ...],
        description: str,
        *examples: Example,
        returns: Result = Result.TEXT,
        aliases: tuple[str, ...] = (),
        ascii_sql: str | None = None,
    ) -> Callable[[Callable[..., Value]], Callable[..., Value]]:
        """Adds the function that is decorated."""

        def add(call: Callable[..., Value]) -> Callable[..., Value]:
            snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
            self.functions.append(
                PythonFunction(
                    iri=self.namespace + name,
                    parameters=parameters,
                    returns=returns,
                    outputs=self.outputs.get(returns, ()),
                    aliases=aliases,
                    description=description,
                    examples=examples,
                    sql_name=f"{self.name}_{snake}",
                    call=call,
                    ascii_sql=ascii_sql,
                )
            )
            return call

        return add
