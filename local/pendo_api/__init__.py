"""A stand-in for the part of Pendo's API that we use: aggregations, report results, metadata values, and votes."""

KEY = "pendo-stand-in-key"
"""The integration key that the stand-in accepts unless it is started with another one. It opens nothing else."""
