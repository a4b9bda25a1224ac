"""A stand-in for the part of Pendo's API that a sync uses: aggregations, report results and metadata values."""

KEY = "pendo-stand-in-key"
"""The integration key that the stand-in accepts unless it is started with another one. It opens nothing else."""
