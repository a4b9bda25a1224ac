"""SOQL: parsed by a grammar, bound to the schema as one user sees it, and run over the rows."""
