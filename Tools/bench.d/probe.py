"""The disk's own speed in the same minute: without it, a wall time says little."""

import os
import time

from report import median


def disk(scratch, syncs=20, mebibytes=64):
    """Milliseconds for 4 KiB and fdatasync, and MB/s of one long write, synced at its end."""
    path, times = scratch / "probe", []
    with path.open("wb", buffering=0) as file:
        for _ in range(syncs):
            begun = time.perf_counter()
            file.write(bytes(4096))
            os.fdatasync(file.fileno())
            times.append((time.perf_counter() - begun) * 1e3)
    block = os.urandom(1 << 20)
    with path.open("wb", buffering=0) as file:
        begun = time.perf_counter()
        for _ in range(mebibytes):
            file.write(block)
        os.fdatasync(file.fileno())
        rate = mebibytes * 1.048576 / (time.perf_counter() - begun)
    path.unlink()
    return {"sync_ms": median(times), "write_mb_s": rate}
