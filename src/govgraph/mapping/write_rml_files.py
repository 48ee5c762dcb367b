"""Files of sources and targets -> RML (RML-IO; RML-IO-Registry, "CSVW")."""

from __future__ import annotations

from govgraph.mapping.dialects import CSVW, default_dialect, dialect_values
from govgraph.mapping.formulations import written_formulation
from govgraph.mapping.model import Dialect, LogicalSource, LogicalTarget, TableColumn
from govgraph.mapping.names import Names
from govgraph.mapping.write_turtle import TurtleNode, text_in_turtle

_FORMULATIONS = {
    "csv": "rml:CSV",
    "jsonpath": "rml:JSONPath",
    "jsonlines": "rml:JSONLines",
    "xpath": "rml:XPath",
    "parquet": "rml:Parquet",
    "excel": "rml:Excel",
    "ods": "rml:ODS",
    "table": "rml:Table",
}
_DOWNLOAD = "http://www.w3.org/ns/dcat#downloadURL"
_SERVICE = "http://www.w3.org/ns/sparql-service-description#"
Properties = list[tuple[str, str | TurtleNode]]


def source_node(source: LogicalSource, names: Names) -> TurtleNode:
    """RML-IO, "Logical Source"."""
    iterator = (("rml:iterator", text_in_turtle(source.iterator)),) if source.iterator is not None else ()
    if not source.is_file:
        named = ("rml:referenceFormulation", _FORMULATIONS[source.formulation])
        return TurtleNode((("rml:source", text_in_turtle(source.path)), named, *iterator))
    file: Properties
    if source.is_remote:
        distribution = names.turtle("http://www.w3.org/ns/dcat#Distribution")
        file = [("a", f"rml:Source, {distribution}"), (names.turtle(_DOWNLOAD), f"<{source.path}>")]
    else:
        file = [
            ("a", "rml:RelativePathSource"),
            ("rml:root", "rml:MappingDirectory"),
            ("rml:path", text_in_turtle(source.path)),
        ]
    file += _written(source.encoding, source.compression)
    nulls = ("",) if source.nulls is None and source.formulation == "csv" else source.nulls
    file += [("rml:null", text_in_turtle(text)) for text in nulls or ()]
    if source.formulation == "csv" and source.dialect != (default := default_dialect(source.path)):
        file += _dialect(source.dialect, default, names)
    formulation: str | TurtleNode = _FORMULATIONS[written_formulation(source.path, source.formulation)]
    if source.namespaces:
        declared = map(_namespace, source.namespaces)
        formulation = TurtleNode((("a", "rml:XPathReferenceFormulation"), *declared))
    described = ("rml:referenceFormulation", formulation)
    return TurtleNode((("rml:source", TurtleNode(tuple(file))), described, *iterator))


def _namespace(declared: tuple[str, str]) -> tuple[str, TurtleNode]:
    prefix, url = declared
    names = (("rml:namespacePrefix", text_in_turtle(prefix)), ("rml:namespaceURL", text_in_turtle(url)))
    return "rml:namespace", TurtleNode(names)


def target_node(target: LogicalTarget, names: Names) -> TurtleNode:
    """RML-IO, "Target": a file, or an endpoint that takes updates."""
    place: Properties
    if target.endpoint:
        service, endpoint = names.turtle(f"{_SERVICE}Service"), names.turtle(f"{_SERVICE}endpoint")
        place = [("a", f"rml:Target, {service}"), (endpoint, f"<{target.path}>")]
    else:
        root = "MappingDirectory" if target.beside_mapping else "CurrentWorkingDirectory"
        place = [
            ("a", "rml:Target, rml:FilePath"),
            ("rml:root", f"rml:{root}"),
            ("rml:path", text_in_turtle(target.path)),
        ]
    if target.append:
        place.append(("rml:mode", "rml:Append"))
    return TurtleNode((*place, *_written(target.encoding, target.compression)))


def _written(encoding: str | None, compression: str | None) -> Properties:
    properties: Properties = [("rml:encoding", f"rml:{encoding.upper()}")] if encoding else []
    return properties + ([("rml:compression", f"rml:{compression}")] if compression else [])


def _dialect(dialect: Dialect, default: Dialect, names: Names) -> Properties:
    """CSVW, "Dialect Descriptions", and the columns of its schema."""
    values: Properties = []
    for key, value in dialect_values(dialect, default):
        for item in value if isinstance(value, list) else [value]:
            text = text_in_turtle(item) if isinstance(item, str) else str(item).lower()
            values.append((names.turtle(f"{CSVW}{key}"), text))
    properties: Properties = []
    if values:
        properties.append((names.turtle(f"{CSVW}dialect"), TurtleNode(tuple(values))))
    if dialect.columns:
        columns = " ".join(_column(column, names).write("    ") for column in dialect.columns)
        schema = TurtleNode(((names.turtle(f"{CSVW}column"), f"( {columns} )"),))
        properties.append((names.turtle(f"{CSVW}tableSchema"), schema))
    return properties


def _column(column: TableColumn, names: Names) -> TurtleNode:
    properties: Properties = [(names.turtle(f"{CSVW}name"), text_in_turtle(column.name))]
    properties += [(names.turtle(f"{CSVW}null"), text_in_turtle(text)) for text in column.nulls or ()]
    if column.datatype:
        properties.append((names.turtle(f"{CSVW}datatype"), names.turtle(column.datatype)))
    return TurtleNode(tuple(properties))
