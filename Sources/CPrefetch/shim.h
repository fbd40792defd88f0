#pragma once

/// Begins to load the cache line at an address; harmless wherever it points.
static inline void muster_prefetch(const void *address) {
    __builtin_prefetch(address);
}
