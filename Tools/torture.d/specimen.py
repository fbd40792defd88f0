"""A small store with something in every table, for trials that damage stores."""

import json

PROGRAM = {
    "templates": [
        {"id": "first-sale", "subject": "Well done, {{name}}", "text": "Your first sale."},
        {"id": "vip", "subject": "You are a VIP now", "text": "Somebody will write to you."},
    ],
    "segments": [
        {"id": "first-sale-30", "match": {"all": [
            {"original_joined": {"days_ago": {"from": 0, "to": 30}}},
            {"revenue": {"over": {"days_ago": {"from": 0, "to": 30}}, "greater_than": 0}}]}},
        {"id": "quiet", "match": {"all": [
            {"original_joined": {"days_ago": {"from": 3, "to": 9}}},
            {"actions": {"over": {"since": "original_joined"}, "equals": 0}}]}},
        {"id": "busy", "match": {"event": {"name": "visit", "over": {"within": {"days": 2}}, "at_least": 2}}},
        {"id": "reached", "match": {"email": {"activity": "delivered", "at_least": 1}}},
    ],
    "workflows": [
        {"id": "celebrate", "segment": "first-sale-30", "do": [{"send_email": "first-sale"}], "state": "active"},
        {"id": "mark-quiet", "segment": "quiet", "do": [{"add_tag": "quiet"}], "state": "active"},
        {"id": "too-many", "segment": "quiet", "do": [{"send_email": "vip"}], "cap": 1, "state": "active"},
    ],
    "automations": [
        {"id": "vip", "on": {"tag_assigned": "vip"}, "do": [{"send_email": "vip"}], "state": "active"},
        {"id": "round", "on": {"tag_assigned": "round"}, "do": [{"add_tag": "round"}], "state": "active"},
    ],
}

PARTNERS = 12


def events():
    """The lines that the store is fed with: a few partners over a few days, each kind of event that leads on."""
    lines, number = [], 0

    def add(day, hour, kind, partner, **fields):
        nonlocal number
        number += 1
        lines.append({"id": f"e{number}", "type": kind, "partner": partner,
                      "time": f"2026-03-{day:02}T{hour:02}:{number % 60:02}:00Z", **fields})

    for index in range(PARTNERS):
        partner = f"p{index}"
        if index % 4 != 3:
            add(1, 9, "partner.updated", partner, name=f"Partner {index}", email=f"{partner}@example.com",
                attributes={"country": "DE", "followers": index * 100})
        add(1, 10, "partner.joined", partner, template_term="standard")
    for day in range(2, 12):
        for index in range(day % 3, PARTNERS, 3):
            partner = f"p{index}"
            if index < 8:
                add(day, 12, "action.recorded", partner, amount=f"{index + day}.25")
            add(day, 13, "custom.recorded", partner, name="visit", properties={"page": day})
            add(day, 14, "click.recorded", partner, count=day)
        add(day, 15, "tag.assigned", f"p{day % PARTNERS}", tag="vip" if day % 2 else "round")
        add(day, 16, "group.joined", f"p{day % PARTNERS}", group=f"group {day}")
    return "".join(json.dumps(line) + "\n" for line in lines)


def make(trial, directory):
    """Makes the store at a directory: definitions, events in some batches, mail, a zone record, a restore mark."""
    files = trial.directory / "specimen"
    files.mkdir()
    (files / "program.json").write_text(json.dumps(PROGRAM))
    first = files / "first"
    trial.must("init", "--timezone", "America/New_York", "--currency", "USD", "--name", "specimen",
               "--store", first)
    trial.must("apply", files / "program.json", "--store", first)
    lines = events().splitlines(keepends=True)
    half = len(lines) // 2
    trial.must("ingest", "--batch", "40", "--store", first, input="".join(lines[:half]).encode())
    trial.must("deliver", "--to", f"maildir:{files / 'mail'}", "--from", "acme@example.com", "--max-age", "9999d",
               "--store", first)
    trial.must("backup", files / "backup", "--store", first)
    trial.must("restore", files / "backup", "--store", directory)
    trial.must("ingest", "--batch", "40", "--store", directory, input="".join(lines[half:]).encode())
    trial.must("deliver", "--release", mark(trial, directory), "--to", f"maildir:{files / 'mail'}",
               "--from", "acme@example.com", "--max-age", "9999d", "--store", directory)
    trial.must("advance", "--to", "2026-03-14T12:00:00Z", "--store", directory)
    trial.must("ingest", "--store", directory, input=TAIL)


def mark(trial, directory):
    """The number of the store's restore mark, which its log's export tells."""
    for line in trial.must("export", "--log", "--store", directory).output.splitlines():
        record = json.loads(line)
        if record.get("kind") == "restore":
            return record["seq"]
    raise RuntimeError("the restored store has no restore mark")


# A tail that only the log holds when the writer has gone without flushing would need a kill: these are in the flushed state.
TAIL = b"".join(json.dumps({"id": f"t{n}", "type": "click.recorded", "partner": f"p{n % PARTNERS}",
                            "time": f"2026-03-14T12:00:0{n}Z"}).encode() + b"\n" for n in range(9))
