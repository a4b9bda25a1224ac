"""The resources below /services/data/vXX.X."""
