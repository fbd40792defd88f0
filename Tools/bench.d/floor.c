/* The limit that an engine on LMDB can't pass: read, parse, and append the same bytes.

   It looks at every byte of every line once, as a parser must, takes id, type, partner and time out
   of it, and appends the line under its number, in LMDB's full durability. It keeps no ids, no
   state, no membership.

   usage: floor EVENTS DIRECTORY BATCH    (an existing, empty directory; BATCH lines a commit)
   It prints {"lines":…,"bytes":…,"check":…}; the check sums up what was parsed. */

#include <lmdb.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BUFFER = 4 << 20, FIELDS = 4 };

static void must(int code, const char *what) {
    if (code) {
        fprintf(stderr, "floor: %s: %s\n", what, mdb_strerror(code));
        exit(74);
    }
}

static int64_t digits(const char *text, int count) {
    int64_t value = 0;
    for (int n = 0; n < count; n++) value = value * 10 + (text[n] - '0');
    return value;
}

/* Microseconds since 1970 of an RFC 3339 time in UTC. */
static int64_t instant(const char *text, size_t length) {
    if (length < 20) return -1;
    int64_t year = digits(text, 4), month = digits(text + 5, 2), day = digits(text + 8, 2);
    year -= month <= 2;
    int64_t era = year / 400, of_era = year % 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t days = era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
    int64_t second = days * 86400 + digits(text + 11, 2) * 3600 + digits(text + 14, 2) * 60
        + digits(text + 17, 2);
    int64_t fraction = 0;
    if (text[19] == '.') {
        int64_t scale = 100000;
        for (size_t n = 20; n < length && text[n] >= '0' && text[n] <= '9'; n++, scale /= 10)
            fraction += (text[n] - '0') * scale;
    }
    return second * 1000000 + fraction;
}

/* The end of the text that begins here: its closing quote, or NULL. */
static const char *closing(const char *text, const char *end) {
    const char *quote = text;
    while ((quote = memchr(quote, '"', end - quote))) {
        size_t slashes = 0;
        while (quote - slashes > text && quote[-1 - slashes] == '\\') slashes++;
        if (slashes % 2 == 0) return quote;
        quote++;
    }
    return NULL;
}

/* One pass over an object: its own texts named as the fields; -1 if it is no whole object. */
static int parse(const char *line, size_t length, const char *values[], size_t lengths[]) {
    static const char *names[FIELDS] = {"id", "type", "partner", "time"};
    static const size_t sizes[FIELDS] = {2, 4, 7, 4};
    const char *end = line + length;
    int depth = 0, wanted = FIELDS, found = 0;
    char before = 0;
    for (const char *at = line; at < end; at++) {
        switch (*at) {
        case '"': {
            const char *text = at + 1;
            if (!(at = closing(text, end))) return -1;
            size_t size = at - text;
            if (depth == 1 && before == ':' && wanted < FIELDS) {
                values[wanted] = text;
                lengths[wanted] = size;
                found++;
            } else if (depth == 1 && before != ':') {
                for (wanted = 0; wanted < FIELDS; wanted++)
                    if (sizes[wanted] == size && !memcmp(names[wanted], text, size)) break;
            }
            break;
        }
        case '{': case '[': depth++; break;
        case '}': case ']': depth--; break;
        default: break;
        }
        before = *at;
    }
    return depth == 0 && found == FIELDS ? 0 : -1;
}

int main(int count, char **words) {
    if (count != 4) return fputs("usage: floor EVENTS DIRECTORY BATCH\n", stderr), 64;
    int input = open(words[1], O_RDONLY);
    if (input < 0) return perror(words[1]), 66;
    uint64_t batch = strtoull(words[3], NULL, 10);
    MDB_env *environment;
    MDB_txn *transaction;
    MDB_cursor *cursor;
    MDB_dbi log;
    must(mdb_env_create(&environment), "create");
    must(mdb_env_set_mapsize(environment, (size_t)1 << 38), "map size");
    must(mdb_env_open(environment, words[2], 0, 0644), "open");
    must(mdb_txn_begin(environment, NULL, 0, &transaction), "begin");
    must(mdb_dbi_open(transaction, NULL, 0, &log), "database");
    must(mdb_cursor_open(transaction, log, &cursor), "cursor");

    char *buffer = malloc(BUFFER);
    size_t kept = 0;
    uint64_t lines = 0, bytes = 0, check = 0;
    for (;;) {
        ssize_t got = read(input, buffer + kept, BUFFER - kept);
        if (got < 0) return perror(words[1]), 74;
        size_t length = kept + got, start = 0;
        char *end;
        while ((end = memchr(buffer + start, '\n', length - start))) {
            const char *line = buffer + start, *values[FIELDS];
            size_t size = end - line, lengths[FIELDS];
            if (parse(line, size, values, lengths))
                return fprintf(stderr, "floor: line %llu\n", (unsigned long long)lines + 1), 65;
            check = check * 31 + instant(values[3], lengths[3]) + lengths[0] * 7
                + values[1][0] * 3 + lengths[2];
            uint64_t number = __builtin_bswap64(++lines);
            MDB_val key = {8, &number}, value = {size, (void *)line};
            must(mdb_cursor_put(cursor, &key, &value, MDB_APPEND), "append");
            bytes += size;
            if (lines % batch == 0) {
                must(mdb_txn_commit(transaction), "commit");
                must(mdb_txn_begin(environment, NULL, 0, &transaction), "begin");
                must(mdb_cursor_open(transaction, log, &cursor), "cursor");
            }
            start = end + 1 - buffer;
        }
        if (got == 0) break;
        kept = length - start;
        memmove(buffer, buffer + start, kept);
        if (kept == BUFFER) return fputs("floor: a line is too long\n", stderr), 65;
    }
    must(mdb_txn_commit(transaction), "commit");
    mdb_env_close(environment);
    printf("{\"lines\":%llu,\"bytes\":%llu,\"check\":%llu}\n", (unsigned long long)lines,
           (unsigned long long)bytes, (unsigned long long)check);
    return 0;
}
