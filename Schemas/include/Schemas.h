#pragma once
#include <stddef.h>

/// A JSON Schema of one of the program's formats.
struct muster_schema {
    /// The name by which `muster schema` prints it.
    const char *name;
    /// The file's bytes, without an end mark.
    const unsigned char *bytes;
    size_t count;
};

/// The schema at an index in the order of their names; null behind the last.
const struct muster_schema *muster_schema_at(size_t index);
