"""fio's first moments, in which nothing else of ours may work."""

import time

FIO_BEGINS_SECONDS = 0.3
"""fio measures ten sleeps when it starts, and ends each pause of its life spinning for as long as the
longest of them took. Its load begins 0.5 s after that (`schedule.START_DELAY_MS`)."""


def let_fio_begin() -> None:
    """Wait until fio, which is started when we say that we run, has taken the measure of its sleeps."""
    time.sleep(FIO_BEGINS_SECONDS)
