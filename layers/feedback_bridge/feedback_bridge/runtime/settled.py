"""Python's collector and what a worker keeps for life.

Clients, service models and compiled mappings are some hundred thousand objects that never become garbage; looking
through them again and again takes a tenth of a large batch's CPU.
"""

import gc
from functools import cache


@cache
def settle() -> None:
    """Once, after a worker's first batch: what lives then is spared by the collector (`gc.freeze`)."""
    gc.collect()
    gc.freeze()
