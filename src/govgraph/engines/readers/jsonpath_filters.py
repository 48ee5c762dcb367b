"""RFC 9535 where the library departs from it: `@` of a filter is a node, also where its value is none."""

from __future__ import annotations

from jsonpath_rfc9535 import JSONPathEnvironment, JSONPathNode, JSONPathNodeList
from jsonpath_rfc9535.filter_expressions import Expression, FilterContext, RelativeFilterQuery
from jsonpath_rfc9535.parse import Parser
from jsonpath_rfc9535.tokens import TokenStream


class _RelativeQuery(RelativeFilterQuery):
    """A query that begins with `@`: jsonpath-rfc9535 1.0.1 gives a value where it should give its node.

    So that `?@` of 0, false and "" is true, as it is of all that exists (section 2.3.5.2).
    """

    __slots__ = ()

    def evaluate(self, context: FilterContext) -> object:
        if self.query.empty():
            value = context.current
            return JSONPathNodeList([JSONPathNode(value=value, location=(), parent=None, root=context.root)])
        return super().evaluate(context)


class _Parser(Parser):
    def parse_relative_query(self, stream: TokenStream) -> Expression:
        found = super().parse_relative_query(stream)
        assert isinstance(found, RelativeFilterQuery)
        return _RelativeQuery(found.token, found.query)


class Environment(JSONPathEnvironment):
    """What queries are compiled and evaluated in."""

    parser_class = _Parser
    max_recursion_depth = 800
