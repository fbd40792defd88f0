#pragma once

// All of it is in the header then, and nothing to link.
#define XXH_INLINE_ALL
#include <xxhash.h>

/// XXH3, 64 bits. The header's own name for it is a macro, which Swift does not see.
static inline uint64_t muster_xxh3(const void *bytes, size_t count) {
    return XXH3_64bits(bytes, count);
}
