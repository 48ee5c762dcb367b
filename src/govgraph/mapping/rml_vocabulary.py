"""The vocabularies of RML: which properties each mapping component has, in which namespace.

RML-Core and RML-IO share one namespace; mappings of before 2023 use those of R2RML and of the first RML.
All are read as local names (`template` of `rml:template` and of `rr:template`).
"""

from __future__ import annotations

from collections.abc import Mapping

from govgraph.mapping.model import TermType

RML = "http://w3id.org/rml/"
R2RML = "http://www.w3.org/ns/r2rml#"
FIRST_RML = "http://semweb.mmlab.be/ns/rml#"
QUERY_LANGUAGES = "http://semweb.mmlab.be/ns/ql#"
FUNCTIONS = "http://semweb.mmlab.be/ns/fnml#"

PREFIXES: Mapping[str, str] = {
    RML: "rml",
    R2RML: "rr",
    FIRST_RML: "rml",
    QUERY_LANGUAGES: "ql",
    FUNCTIONS: "fnml",
}
"""Namespace -> the prefix that messages use."""

EXPRESSION = ("constant", "reference", "template", "functionExecution", "functionValue")
VALUE = (*EXPRESSION, "return", "returnMap")
VALUE_IF = (*VALUE, "condition")
TERM = (*VALUE, "termType", "inverseExpression", "logicalTarget")
LITERAL = ("language", "languageMap", "datatype", "datatypeMap")
GRAPHS = ("graph", "graphMap")
GATHER = ("gather", "gatherAs", "strategy", "allowEmptyListAndContainer")
TABLE = ("tableName", "sqlQuery", "sqlVersion")

PROPERTIES: Mapping[str, tuple[str, ...]] = {
    "triples map": (
        "logicalSource",
        "logicalTable",
        "subject",
        "subjectMap",
        "predicateObjectMap",
        "baseIRI",
    ),
    "logical source": ("source", "referenceFormulation", "iterator", "query", *TABLE),
    "logical table": TABLE,
    "XPath reference formulation": ("namespace",),
    "namespace": ("namespacePrefix", "namespaceURL"),
    "source": ("path", "root", "encoding", "compression", "null"),
    "subject map": (*TERM, "class", *GRAPHS, "condition"),
    "predicate-object map": ("predicate", "predicateMap", "object", "objectMap", *GRAPHS),
    "predicate map": (*TERM, "condition"),
    "object map": (*TERM, *LITERAL, "condition"),
    "gather map": GATHER,
    "referencing object map": ("parentTriplesMap", "joinCondition"),
    "star map": ("quotedTriplesMap", "joinCondition", "logicalTarget"),
    "graph map": (*TERM, "condition"),
    "join condition": ("child", "childMap", "parent", "parentMap"),
    "child map": (*VALUE_IF, "termType"),
    "parent map": (*VALUE_IF, "termType"),
    "language map": (*VALUE_IF, "termType", "logicalTarget"),
    "datatype map": (*TERM, "condition"),
    "condition": ("functionExecution", "functionValue", "return", "returnMap", "termType", "datatype"),
    "function execution": ("function", "functionMap", "input", "logicalTarget"),
    "function map": ("constant",),
    "parameter map": ("constant",),
    "return map": ("constant",),
    "input": ("parameter", "parameterMap", "inputValue", "inputValueMap"),
    "input value map": (*VALUE_IF, "termType", *LITERAL, "logicalTarget"),
    "function value": ("predicateObjectMap", "logicalSource", "subject", "subjectMap"),
    "logical target": ("target", "serialization", "mode", "compression", "encoding"),
    "target": ("path", "root", "serialization", "mode", "compression", "encoding"),
    "logical view": ("viewOn", "field", "leftJoin", "innerJoin", "structuralAnnotation"),
    "expression field": ("fieldName", "field", *VALUE_IF),
    "iterable field": ("fieldName", "field", "referenceFormulation", "iterator"),
    "view join": ("parentLogicalView", "joinCondition", "field"),
    "structural annotation": ("onFields", "targetView", "targetFields"),
}
"""Mapping component -> its properties (RML-Core; RML-IO; RML-FNML; RML-CC; RML-star)."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_OF_R2RML = _words(
    "subject subjectMap predicateObjectMap predicate predicateMap object objectMap graph graphMap class "
    "constant column template termType inverseExpression language datatype parentTriplesMap joinCondition "
    "child parent logicalTable tableName sqlQuery sqlVersion"
)
_OF_FIRST_RML = _words(
    "logicalSource source referenceFormulation iterator reference languageMap datatypeMap query "
    "subjectMap objectMap quotedTriplesMap"
)
_OF_FUNCTIONS = _words(
    "functionValue execution function functionMap input parameter parameterMap value valueMap return "
    "returnMap"
)
_OF_RML = frozenset(name for names in PROPERTIES.values() for name in names) - {
    *("inverseExpression", "functionValue", "logicalTable", *TABLE)
}

KNOWN: Mapping[str, frozenset[str]] = {
    RML: _OF_RML,
    R2RML: _OF_R2RML,
    FIRST_RML: _OF_FIRST_RML,
    FUNCTIONS: _OF_FUNCTIONS,
}
"""Namespace -> the local names of its properties that are supported."""

ALIASES: Mapping[str, str] = {
    "column": "reference",
    "execution": "functionExecution",
    "value": "inputValue",
    "valueMap": "inputValueMap",
}
"""Local name of R2RML, or of FNML before it had RML's namespace -> that of RML."""

NOT_YET: Mapping[str, frozenset[str]] = {FIRST_RML: _words("logicalTarget")}
"""Namespace -> the local names of its properties that are understood but not supported."""

CLASSES = _words(
    "TriplesMap LogicalSource AbstractLogicalSource InputLogicalSource Iterable Source RelativePathSource "
    "FilePath TermMap ExpressionMap SubjectMap PredicateMap ObjectMap GraphMap PredicateObjectMap "
    "RefObjectMap ReferencingObjectMap Join JoinCondition ChildMap ParentMap LanguageMap DatatypeMap "
    "ReferenceFormulation XPathReferenceFormulation Namespace LogicalTable BaseTableOrView R2RMLView "
    "LogicalTarget Target RelativePathTarget Encoding Compression CSVWReferenceFormulation "
    "FunctionExecution LogicalView Field ExpressionField IterableField LogicalViewJoin StructuralAnnotation "
    "IriSafeAnnotation PrimaryKeyAnnotation UniqueAnnotation NotNullAnnotation ForeignKeyAnnotation "
    "InclusionAnnotation StarMap GatherMap Strategy "
    "AssertedTriplesMap NonAssertedTriplesMap FunctionMap ParameterMap ReturnMap "
    "Input InputValueMap ConditionMap Mode "
    "CSV CSVW JSONPath XPath CSVReferenceFormulation JSONPathReferenceFormulation"
)
"""Classes of all namespaces; to state them has no effect."""

TERM_TYPES: Mapping[str, TermType] = {
    "IRI": TermType.IRI,
    "URI": TermType.URI,
    "UnsafeIRI": TermType.UNSAFE_IRI,
    "UnsafeURI": TermType.UNSAFE_URI,
    "BlankNode": TermType.BLANK_NODE,
    "Literal": TermType.LITERAL,
}
"""Local name of a term type -> the term type (RML-Core, "Term Types")."""

STRATEGIES: Mapping[str, bool] = {"append": False, "cartesianProduct": True}
"""Local name of a strategy -> whether it makes all combinations (RML-CC, "rml:strategy")."""

FORMULATIONS: Mapping[str, str] = {
    "CSV": "csv",
    "JSONPath": "jsonpath",
    "JSONLines": "jsonlines",
    "XPath": "xpath",
    "Parquet": "parquet",
    "SQL2008": "sql2008",
    "SQL2008Table": "sql2008",
    "SQL2008Query": "sql2008",
    "SQLTable": "sql",
    "SQLQuery": "sql",
    "Excel": "excel",
    "ODS": "ods",
    "Table": "table",
    "CSVW": "csv",
    "TSV": "csv",
}
"""Local name of a reference formulation -> that of the model."""

FORMULATIONS_NOT_YET = _words("CSS3")

SQL_VERSIONS = _words(
    "SQL2008 Oracle MySQL MSSQLServer HSQLDB PostgreSQL DB2 Informix Ingres Progress SybaseASE "
    "SybaseSQLAnywhere Virtuoso Firebird"
)
"""Local names of SQL version identifiers (R2RML, section 5.2, and the list of them that it names)."""

DEFAULT_ITERATORS: Mapping[str, str] = {"jsonpath": "$", "jsonlines": "$", "xpath": "/"}
"""Reference formulation -> the iterator where none is given."""

FORMATS = "http://www.w3.org/ns/formats/"

SERIALIZATIONS = {
    "nquads": "N-Quads",
    "ntriples": "N-Triples",
    "turtle": "Turtle",
    "trig": "TriG",
    "rdfxml": "RDF_XML",
    "jsonld": "JSON-LD",
    "n3": "N3",
}
"""YARRRML's word for a serialization -> its local name in http://www.w3.org/ns/formats/."""


def split(iri: str) -> tuple[str, str] | None:
    """Namespace and local name of an IRI of these vocabularies, else None.

    >>> split("http://www.w3.org/ns/r2rml#template")
    ('http://www.w3.org/ns/r2rml#', 'template')
    """
    return next(((ns, iri[len(ns) :]) for ns in PREFIXES if iri.startswith(ns)), None)


def shown(iri: str) -> str:
    """How messages write an IRI: with the prefix where it is one of these vocabularies.

    >>> shown("http://w3id.org/rml/template"), shown("http://example.com/")
    ('rml:template', '<http://example.com/>')
    """
    parts = split(iri)
    return f"{PREFIXES[parts[0]]}:{parts[1]}" if parts else f"<{iri}>"
