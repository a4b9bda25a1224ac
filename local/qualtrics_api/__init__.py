"""A stand-in for the part of the Qualtrics API from which the answers of a response are fetched."""

TOKEN = "qualtrics-stand-in-token"  # noqa: S105 - it opens nothing but this program
"""The API token that the stand-in accepts unless it is started with another one."""
