"""govgraph: documents of Japanese local governments as a knowledge graph with a SPARQL endpoint."""

__version__ = "0.1.0"
