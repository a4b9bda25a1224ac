"""`bridge`: configuration as code, deliveries, secrets and tokens, from a terminal."""
