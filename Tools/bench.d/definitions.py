"""Programs of a given number of segments over what Tools/generate writes.

Every segment combines two or three leaves out of a fixed list, by a fixed rule, so that the same
number always makes the same program. There are two kinds: a *wide* program uses every sort of leaf,
rolling windows and months included (100 segments hold some 150 distinct leaves); a *shared* one
keeps to calendar days and facts, which the peers' databases can express as well.
"""

import json

TAGS = ("vip", "at-risk", "needs-onboarding", "gold", "win-back", "invited", "press", "reviewed")
GROUPS = ("creators", "coupon-sites", "agencies", "beta")
CUSTOM = ("logged_in", "link_created", "payout_requested", "webinar_attended")
MAIL = ("opened", "clicked", "delivered")
BOUNDS = (50, 100, 250, 500, 1000)
WORKFLOWS, AUTOMATIONS = 20, 10


def _sum(n, window):
    """The n-th comparison of a sum or count over a window."""
    return (
        {"revenue": {"over": window, "greater_than": BOUNDS[n % 5]}},
        {"actions": {"over": window, "at_least": 1 + n % 6}},
        {"clicks": {"over": window, "at_least": 5 + n % 40}},
        {"revenue": {"over": window, "equals": 0}},
        {"event": {"name": CUSTOM[n % 4], "over": window, "at_least": 1 + n % 3}},
        {"email": {"activity": MAIL[n % 3], "over": window, "at_least": 1}},
    )[n % 6]


def _wide_sum(n):
    """Window lengths vary, so that nearly all leaves differ."""
    days = 3 + n % 53
    return _sum(n, (
        {"last_days": days}, {"days_ago": {"from": 1, "to": days}}, {"within": {"days": days}},
        "all_time", {"since": "original_joined"}, {"last_months": 1 + n % 4},
        {"days_after_joining": {"from": 0, "to": days}},
    )[n % 7])


def _wide_other(n):
    """Conditions that are no sums: stages, dates, tags, groups, attributes."""
    days = 1 + n % 60
    return (
        {"contract_stage": {"any_of": ["joined"]}},
        {"original_joined": {"days_ago": {"from": 0, "to": days}}},
        {"tag": {"any_of": [TAGS[n % 8]]}},
        {"relationship_stage": {"any_of": [("joined", "outreach", "in_discussion")[n % 3]]}},
        {"original_joined": {"more_than_days_ago": days}},
        {"group": {"none_of": [GROUPS[n % 4]]}},
        {"last_transition": {"longer_ago_than": {"days": days}}},
        {"tagged": {"tag": TAGS[n % 8], "last_days": days}},
        {"attribute": {"name": "tier", "equals": ("bronze", "silver", "gold")[n % 3]}},
    )[n % 9]


def _shared_sum(n):
    """A few round windows, as people choose them, which also lets the peers share their sums."""
    return _sum(n, (
        {"last_days": 7}, {"last_days": 30}, {"days_ago": {"from": 1, "to": 30}}, "all_time",
        {"days_ago": {"from": 31, "to": 60}}, {"since": "original_joined"}, {"last_days": 14},
        {"days_after_joining": {"from": 0, "to": 30}},
    )[n % 8])


def _shared_other(n):
    days = (10, 20, 30, 40, 60)[n % 5]
    return (
        {"contract_stage": {"any_of": ["joined"]}},
        {"original_joined": {"days_ago": {"from": 0, "to": days}}},
        {"tag": {"any_of": [TAGS[n % 8]]}},
        {"relationship_stage": {"any_of": [("joined", "outreach", "in_discussion")[n % 3]]}},
        {"original_joined": {"more_than_days_ago": days}},
        {"group": {"none_of": [GROUPS[n % 4]]}},
        {"tagged": {"tag": TAGS[n % 8], "last_days": days}},
        {"attribute": {"name": "tier", "equals": ("bronze", "silver", "gold")[n % 3]}},
    )[n % 8]


KINDS = {"wide": (_wide_sum, _wide_other), "shared": (_shared_sum, _shared_other)}


def segments(count, kind="wide"):
    sums, others = KINDS[kind]
    for n in range(count):
        parts = [sums(n), others(n)]
        if n % 3 == 0:
            parts.append(others(n + 4))
        if n % 5 == 4:
            parts = [{"not": parts[0]}, *parts[1:]]
        # An any of one sum and one other holds for very many; most are an all.
        match = {"any" if n % 11 == 10 else "all": parts}
        yield {"id": f"s{n:03}", "match": match}


def program(count, sends, kind="wide"):
    """The definitions; `sends` adds 20 workflows and 10 automations, over the segments in turn."""
    text = {"subject": "Hello {{name}}", "text": "News for {{partner}}."}
    whole = {"segments": list(segments(count, kind)), "templates": [{"id": "mail", **text}]}
    if sends:
        mail, active = [{"send_email": "mail"}], {"state": "active"}
        whole["workflows"] = [
            {"id": f"w{n:02}", "segment": f"s{n * 5 % count:03}", "cap": 1_000_000_000,
             "do": mail, "repeat": ("never", "on_reentry")[n % 2], **active}
            for n in range(WORKFLOWS)]
        whole["automations"] = [
            {"id": f"a{n:02}", "do": mail, **active,
             "on": ({"tag_assigned": TAGS[n % 8]}, {"segment_entered": f"s{n * 7 % count:03}"},
                    {"segment_left": f"s{n * 9 % count:03}"})[n % 3]}
            for n in range(AUTOMATIONS)]
    return whole


def write(path, *what):
    path.write_text(json.dumps(program(*what)), encoding="utf-8")
    return path
