// The schema files as they lie beside this one, so that the one binary holds them.
// #embed costs nothing to compile; the same bytes as a Swift array cost twelve seconds.
#include "Schemas.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char acks[] = {
#embed "acks.schema.json"
};
static const unsigned char audit[] = {
#embed "audit.schema.json"
};
static const unsigned char definitions[] = {
#embed "definitions.schema.json"
};
static const unsigned char diff[] = {
#embed "diff.schema.json"
};
static const unsigned char digest[] = {
#embed "digest.schema.json"
};
static const unsigned char events[] = {
#embed "events.schema.json"
};
static const unsigned char explain[] = {
#embed "explain.schema.json"
};
static const unsigned char export[] = {
#embed "export.schema.json"
};
static const unsigned char forecast[] = {
#embed "forecast.schema.json"
};
static const unsigned char log[] = {
#embed "log.schema.json"
};
static const unsigned char mails[] = {
#embed "mails.schema.json"
};
static const unsigned char members[] = {
#embed "members.schema.json"
};
static const unsigned char partner[] = {
#embed "partner.schema.json"
};
static const unsigned char preview[] = {
#embed "preview.schema.json"
};
static const unsigned char rejects[] = {
#embed "rejects.schema.json"
};
static const unsigned char report[] = {
#embed "report.schema.json"
};
static const unsigned char restore[] = {
#embed "restore.schema.json"
};
static const unsigned char runs[] = {
#embed "runs.schema.json"
};
static const unsigned char scenario[] = {
#embed "scenario.schema.json"
};
static const unsigned char segments[] = {
#embed "segments.schema.json"
};
static const unsigned char sends[] = {
#embed "sends.schema.json"
};
static const unsigned char simulate[] = {
#embed "simulate.schema.json"
};
static const unsigned char stats[] = {
#embed "stats.schema.json"
};
static const unsigned char summary[] = {
#embed "summary.schema.json"
};
static const unsigned char templates[] = {
#embed "templates.schema.json"
};
static const unsigned char test[] = {
#embed "test.schema.json"
};
static const unsigned char timezone[] = {
#embed "timezone.schema.json"
};
static const unsigned char webhook[] = {
#embed "webhook.schema.json"
};

#define SCHEMA(name) {#name, name, sizeof name}

static const struct muster_schema schemas[] = {
    SCHEMA(acks),
    SCHEMA(audit),
    SCHEMA(definitions),
    SCHEMA(diff),
    SCHEMA(digest),
    SCHEMA(events),
    SCHEMA(explain),
    SCHEMA(export),
    SCHEMA(forecast),
    SCHEMA(log),
    SCHEMA(mails),
    SCHEMA(members),
    SCHEMA(partner),
    SCHEMA(preview),
    SCHEMA(rejects),
    SCHEMA(report),
    SCHEMA(restore),
    SCHEMA(runs),
    SCHEMA(scenario),
    SCHEMA(segments),
    SCHEMA(sends),
    SCHEMA(simulate),
    SCHEMA(stats),
    SCHEMA(summary),
    SCHEMA(templates),
    SCHEMA(test),
    SCHEMA(timezone),
    SCHEMA(webhook),
};

const struct muster_schema *muster_schema_at(size_t index) {
    return index < sizeof schemas / sizeof schemas[0] ? &schemas[index] : NULL;
}
