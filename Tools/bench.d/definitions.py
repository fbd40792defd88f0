"""Programs of a given number of segments over what Tools/generate writes.

Every segment combines two or three leaves out of a fixed list, by a fixed rule, so that 100 of
them hold some 150 distinct leaves and the same number always makes the same program.
"""

import json

TAGS = ("vip", "at-risk", "needs-onboarding", "gold", "win-back", "invited", "press", "reviewed")
GROUPS = ("creators", "coupon-sites", "agencies", "beta")
CUSTOM = ("logged_in", "link_created", "payout_requested", "webinar_attended")


def measures(n):
    """The n-th sum or count; window lengths vary, so that nearly all differ."""
    days = 3 + n % 53
    window = (
        {"last_days": days}, {"days_ago": {"from": 1, "to": days}}, {"within": {"days": days}},
        "all_time", {"since": "original_joined"}, {"last_months": 1 + n % 4},
        {"days_after_joining": {"from": 0, "to": days}},
    )[n % 7]
    bound = (50, 100, 250, 500, 1000)[n % 5]
    return (
        {"revenue": {"over": window, "greater_than": bound}},
        {"actions": {"over": window, "at_least": 1 + n % 6}},
        {"clicks": {"over": window, "at_least": 5 + n % 40}},
        {"revenue": {"over": window, "equals": 0}},
        {"event": {"name": CUSTOM[n % 4], "over": window, "at_least": 1 + n % 3}},
        {"email": {"activity": ("opened", "clicked", "delivered")[n % 3], "over": window}},
    )[n % 6]


def others(n):
    """The n-th condition that is no sum: stages, dates, tags, groups, attributes."""
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


def segments(count):
    for n in range(count):
        parts = [measures(n), others(n)]
        if n % 3 == 0:
            parts.append(others(n + 4))
        if n % 5 == 4:
            parts = [{"not": parts[0]}, *parts[1:]]
        # An any of one sum and one other holds for very many; most are an all.
        match = {"any" if n % 11 == 10 else "all": parts}
        yield {"id": f"s{n:03}", "match": match}


def program(count, sends):
    """As JSON; `sends` adds 20 workflows and 10 automations, over the segments in turn."""
    text = {"subject": "Hello {{name}}", "text": "News for {{partner}}."}
    whole = {"segments": list(segments(count)), "templates": [{"id": "mail", **text}]}
    if sends:
        mail, active = [{"send_email": "mail"}], {"state": "active"}
        whole["workflows"] = [
            {"id": f"w{n:02}", "segment": f"s{n * 5 % count:03}", "cap": 1_000_000_000,
             "do": mail, "repeat": ("never", "on_reentry")[n % 2], **active}
            for n in range(20)]
        whole["automations"] = [
            {"id": f"a{n:02}", "do": mail, **active,
             "on": ({"tag_assigned": TAGS[n % 8]}, {"segment_entered": f"s{n * 7 % count:03}"},
                    {"segment_left": f"s{n * 9 % count:03}"})[n % 3]}
            for n in range(10)]
    return json.dumps(whole)
