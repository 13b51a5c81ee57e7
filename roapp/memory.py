"""How Python's garbage collector works in the processes of RO App."""

import gc

GENERATION_THRESHOLDS = (50_000, 10, 10)
"""The first: how many new objects there may be until the collector looks for cycles among them. Python's own
2,000 or fewer are reached many times per page."""


def tune_garbage_collector(**_signal: object) -> None:
    """Call it once a process has started.

    What exists by then, mostly modules, lives as long as the process. The collector stops scanning it while a
    page is rendered or orders are imported: that took a sixth of an import's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GENERATION_THRESHOLDS)
