"""Authors of YARRRML (section "Authors")."""

from __future__ import annotations

import re

from govgraph.errors import SourceSpan
from govgraph.iri import is_absolute
from govgraph.mapping.model import Author
from govgraph.mapping.yarrrml_keys import AUTHOR_KEYS, NodeReader, each
from govgraph.positions import Entry, Scalar, Table

_SHORT = re.compile(r"(?P<name>[^<>()]*?)\s*(?:<(?P<email>[^<>]+)>)?\s*(?:\((?P<website>[^()]+)\))?")


def read_authors(reader: NodeReader, entry: Entry | None) -> tuple[Author, ...]:
    """The authors: keys and values, `name <email> (website)`, or WebIDs; one or a list of them."""
    authors = []
    for node in each(entry.value) if entry else ():
        if isinstance(node, Table):
            fields = reader.fields(node, AUTHOR_KEYS, "an author")
            words = {k: reader.scalar(e.value, f"a text as '{e.key}'") for k, e in fields.items()}
            given = {k: word.text for k, word in words.items() if word}
            if "website" in given:
                _check_iri(reader, given["website"], fields["website"].value.span)
            authors.append(Author(**given))
        elif isinstance(node, Scalar) and is_absolute(node.text) and " " not in node.text:
            authors.append(Author(webid=node.text))
        elif isinstance(node, Scalar) and not node.is_null and (short := _SHORT.fullmatch(node.text)):
            authors.append(Author(**{k: v for k, v in short.groupdict().items() if v}))
        else:
            hint = "such as Jane Doe <jane@doe.com> (https://janedoe.com)"
            reader.problem("GG003", "expected an author", node.span, hint)
    return tuple(authors)


def _check_iri(reader: NodeReader, text: str, span: SourceSpan) -> None:
    if not is_absolute(text):
        reader.problem("GG007", f"invalid IRI '{text}'", span)
