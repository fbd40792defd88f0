"""The tables and functions of the PostgreSQL peers."""

from peers.facts import AGE_MAX
from peers.translate import BITS, COLUMNS, SQL, quoted, words_of

EVENT = ("partner int, at bigint, now bigint, today int, day int, col smallint, count int, "
         "cents int, stage text, contract text, contract_stage text, tag text, tag_on bool, "
         "grp text, grp_on bool, has_tier bool, tier text, reach text, address text")
FIELDS = [column.split()[0] for column in EVENT.split(", ")]


def word(program, number, column):
    """The word of a bit column that a word's number, an expression, chooses."""
    cases = " ".join(f"WHEN {n} THEN {column}{n}" for n in range(words_of(program)))
    return f"(CASE {number} {cases} END)"


def tables(program, exact):
    words = range(words_of(program))
    bits = "".join(f", bits{n} bigint NOT NULL DEFAULT 0" for n in words)
    changed = "".join(f", bits{n} bigint" for n in words) + "".join(f", new{n} bigint" for n in words)
    segments = ", ".join(f"({n}, {n // BITS}, {n % BITS})" for n in range(len(program.segments)))
    text = f"""
CREATE TABLE events (seq bigserial PRIMARY KEY, id text NOT NULL UNIQUE, line text
    {', ' + EVENT if exact else ''});
CREATE TABLE partners (partner int PRIMARY KEY, stage text, stage_at bigint DEFAULT -1,
    joined int, joined_at bigint, tier text, tier_at bigint DEFAULT -1, email text,
    suppressed bool NOT NULL DEFAULT false, acted int NOT NULL DEFAULT 0{bits})
    WITH (fillfactor = 70);
CREATE TABLE days (partner int, day int, {', '.join(f'{c} int NOT NULL DEFAULT 0' for c in COLUMNS)},
    PRIMARY KEY (partner, day)) WITH (fillfactor = 80);
CREATE TABLE tags (partner int, tag text, at bigint, day int, is_on bool,
    PRIMARY KEY (partner, tag));
CREATE TABLE groups (partner int, name text, at bigint, is_on bool, PRIMARY KEY (partner, name));
CREATE TABLE contracts (partner int, contract text, at bigint, stage text,
    PRIMARY KEY (partner, contract));
CREATE TABLE reach (partner int, at bigint, seq bigint, kind text, address text,
    PRIMARY KEY (partner, at, seq));
CREATE TABLE transitions (number bigserial, segment smallint, at bigint, partner int,
    entered bool);
CREATE INDEX ON transitions (segment, at);
CREATE TABLE sends (number bigserial PRIMARY KEY, source text, partner int, at bigint,
    reason text);
CREATE TABLE segments (segment smallint PRIMARY KEY, word int, bit int);
INSERT INTO segments VALUES {segments};
CREATE TABLE workflows (id text, segment smallint, word int, bit int, mask int, again bool);
CREATE TABLE automations (id text, kind text, tag text, segment smallint);
-- What passes through in each call. Emptied by DELETE and vacuumed by the client once a day, because
-- a TRUNCATE, or ON COMMIT DELETE ROWS, makes the server plan every statement anew.
CREATE TEMP TABLE staged (n int, id text, line text, {EVENT});
CREATE TEMP TABLE fresh (n int, seq bigint, {EVENT});
CREATE TEMP TABLE changed (partner int, acted int, email text, suppressed bool{changed})
   ;
CREATE TEMP TABLE moves (partner int, segment smallint, entered bool);
"""
    for n, w in enumerate(program.workflows):
        text += (f"INSERT INTO workflows VALUES ({quoted(w.id)}, {w.segment}, {w.segment // BITS}, "
                 f"{w.segment % BITS}, {1 << n}, {w.reentry});\n")
    for a in program.automations:
        what = f"{quoted(a.what)}, NULL" if a.kind == "tag_assigned" else f"NULL, {a.what}"
        text += f"INSERT INTO automations VALUES ({quoted(a.id)}, {quoted(a.kind)}, {what});\n"
    return text


REASON = "CASE WHEN p.email IS NULL THEN 'no_address' WHEN p.suppressed THEN 'suppressed' END"

# Takes the staged events into the tables, set by set; `fresh` are those whose id is new. Returns
# whom they are about.
BATCH = f"""
CREATE FUNCTION absorb() RETURNS int[] LANGUAGE plpgsql AS $$
DECLARE dirty int[];
BEGIN
    DELETE FROM fresh;
    WITH first AS (SELECT DISTINCT ON (id) * FROM staged ORDER BY id, n),
        added AS (INSERT INTO events (id, line) SELECT id, line FROM first ORDER BY n
            ON CONFLICT (id) DO NOTHING RETURNING seq, id)
    INSERT INTO fresh SELECT n, seq, {', '.join(FIELDS)} FROM added JOIN first USING (id);
    DELETE FROM staged;
    dirty := ARRAY(SELECT DISTINCT partner FROM fresh);
    INSERT INTO partners (partner) SELECT unnest(dirty) ON CONFLICT DO NOTHING;
    INSERT INTO days SELECT partner, day, sum(cents),
        {', '.join(f'coalesce(sum(count) FILTER (WHERE col = {n}), 0)'
                   for n in range(1, len(COLUMNS)))}
        FROM fresh WHERE col IS NOT NULL GROUP BY partner, day
        ON CONFLICT (partner, day) DO UPDATE SET
        {', '.join(f'{c} = days.{c} + excluded.{c}' for c in COLUMNS)};
    UPDATE partners p SET stage = f.stage, stage_at = f.at FROM (SELECT DISTINCT ON (partner)
        partner, stage, at FROM fresh WHERE stage IS NOT NULL ORDER BY partner, at DESC, n DESC) f
        WHERE p.partner = f.partner AND p.stage_at <= f.at;
    UPDATE partners p SET joined = f.day, joined_at = f.at FROM (SELECT DISTINCT ON (partner)
        partner, day, at FROM fresh WHERE stage = 'joined' ORDER BY partner, at, n) f
        WHERE p.partner = f.partner AND (p.joined_at IS NULL OR p.joined_at > f.at);
    UPDATE partners p SET tier = f.tier, tier_at = f.at FROM (SELECT DISTINCT ON (partner)
        partner, tier, at FROM fresh WHERE has_tier ORDER BY partner, at DESC, n DESC) f
        WHERE p.partner = f.partner AND p.tier_at <= f.at;
    INSERT INTO contracts SELECT DISTINCT ON (partner, contract) partner, contract, at,
        contract_stage FROM fresh WHERE contract IS NOT NULL
        ORDER BY partner, contract, at DESC, n DESC
        ON CONFLICT (partner, contract) DO UPDATE SET at = excluded.at, stage = excluded.stage
        WHERE contracts.at <= excluded.at;
    INSERT INTO tags SELECT DISTINCT ON (partner, tag) partner, tag, at, day, tag_on
        FROM fresh WHERE tag IS NOT NULL ORDER BY partner, tag, at DESC, n DESC
        ON CONFLICT (partner, tag) DO UPDATE SET at = excluded.at, day = excluded.day,
        is_on = excluded.is_on WHERE tags.at <= excluded.at;
    INSERT INTO groups SELECT DISTINCT ON (partner, grp) partner, grp, at, grp_on
        FROM fresh WHERE grp IS NOT NULL ORDER BY partner, grp, at DESC, n DESC
        ON CONFLICT (partner, name) DO UPDATE SET at = excluded.at, is_on = excluded.is_on
        WHERE groups.at <= excluded.at;
    INSERT INTO reach SELECT partner, at, seq, reach, address FROM fresh WHERE reach IS NOT NULL;
    PERFORM reached(ARRAY(SELECT DISTINCT partner FROM fresh WHERE reach IS NOT NULL));
    RETURN dirty;
END $$;
"""

# The address, and whether the partner is suppressed. A new address ends all hard bounces.
REACHED = """
CREATE FUNCTION reached(who int[]) RETURNS void LANGUAGE sql AS $$
    WITH addresses AS (SELECT partner, at, seq, address, lag(address) OVER (PARTITION BY partner
            ORDER BY at, seq) AS before FROM reach
            WHERE partner = ANY (who) AND kind = 'address'),
        renewed AS (SELECT DISTINCT ON (partner) partner, at, seq FROM addresses
            WHERE address IS DISTINCT FROM before ORDER BY partner, at DESC, seq DESC),
        latest AS (SELECT DISTINCT ON (partner) partner, address FROM addresses
            ORDER BY partner, at DESC, seq DESC),
        covers AS (SELECT DISTINCT ON (r.partner) r.partner, r.kind FROM reach r
            LEFT JOIN renewed n USING (partner) WHERE r.partner = ANY (who)
            AND r.kind <> 'address' AND (r.kind <> 'bounced' OR n.at IS NULL
                OR (r.at, r.seq) > (n.at, n.seq)) ORDER BY r.partner, r.at DESC, r.seq DESC)
    UPDATE partners p SET email = l.address, suppressed = coalesce(c.kind <> 'resubscribed', false)
        FROM unnest(who) w (partner) LEFT JOIN latest l USING (partner)
        LEFT JOIN covers c USING (partner) WHERE p.partner = w.partner
$$;
"""


def settle(program, exact):
    """Evaluates the dirty, or at midnight everybody, and decides."""
    words = range(words_of(program))
    columns = ", ".join([f"bits{n}" for n in words] + [f"new{n}" for n in words])
    choose = "INSERT INTO changed (partner, acted, email, suppressed, " + columns + ") "
    sql = SQL(program, "today")
    differs = f"({word(program, 's.word', 'c.bits')} # {word(program, 's.word', 'c.new')})"
    tagged = "" if exact else f"""
    INSERT INTO sends (source, partner, at, reason) SELECT a.id, f.partner, boundary,
        CASE WHEN f.now - f.at > {AGE_MAX} THEN 'stale_trigger' ELSE {REASON} END
        FROM fresh f JOIN automations a ON a.kind = 'tag_assigned' AND a.tag = f.tag
        JOIN partners p ON p.partner = f.partner WHERE f.tag_on;"""
    return f"""
CREATE FUNCTION settle(boundary bigint, today int, midnight bool, hour bool, dirty int[])
RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM changed;
    DELETE FROM moves;{tagged}
    IF midnight THEN {choose}{sql.changed(None)};
    ELSE {choose}{sql.changed('(SELECT unnest(dirty))')};
    END IF;
    INSERT INTO moves SELECT c.partner, s.segment, {word(program, 's.word', 'c.new')} >> s.bit & 1 = 1
        FROM changed c JOIN segments s ON ({differs} >> s.bit) & 1 = 1;
    INSERT INTO transitions (segment, at, partner, entered)
        SELECT segment, boundary, partner, entered FROM moves;
    UPDATE changed c SET acted = c.acted & ~m.mask FROM (SELECT partner, bit_or(w.mask) AS mask
        FROM moves JOIN workflows w USING (segment) WHERE w.again AND entered GROUP BY 1) m
        WHERE m.partner = c.partner;
    INSERT INTO sends (source, partner, at, reason)
        SELECT a.id, p.partner, boundary, {REASON} FROM moves m
        JOIN automations a ON a.segment = m.segment
            AND a.kind = CASE WHEN m.entered THEN 'segment_entered' ELSE 'segment_left' END
        JOIN partners p ON p.partner = m.partner;
    IF hour THEN
        WITH due AS (SELECT c.partner, w.id, w.mask FROM changed c JOIN workflows w
            ON ({word(program, 'w.word', 'c.new')} >> w.bit) & 1 = 1 AND c.acted & w.mask = 0
            WHERE c.email IS NOT NULL AND NOT c.suppressed),
            sent AS (INSERT INTO sends (source, partner, at) SELECT id, partner, boundary FROM due)
        UPDATE changed c SET acted = c.acted | d.mask FROM (SELECT partner, bit_or(mask) AS mask
            FROM due GROUP BY 1) d WHERE d.partner = c.partner;
    END IF;
    UPDATE partners p SET acted = c.acted{''.join(f', bits{n} = c.new{n}' for n in words)}
        FROM changed c WHERE c.partner = p.partner;
END $$;
"""


def trigger(program):
    """Takes in and evaluates one event as it is inserted."""
    words = range(words_of(program))
    sql = SQL(program, "NEW.today")
    counted = "\n".join(
        f"    WHEN {n} THEN INSERT INTO days (partner, day, {c}, revenue) VALUES (NEW.partner, NEW.day, "
        f"NEW.count, NEW.cents) ON CONFLICT (partner, day) DO UPDATE SET {c} = days.{c} + "
        "excluded." + c + ", revenue = days.revenue + excluded.revenue;"
        for n, c in enumerate(COLUMNS) if c != "revenue")
    differs = " or ".join(f"r.new{n} <> r.bits{n}" for n in words)
    held = f"""CASE WHEN NEW.now - NEW.at > {AGE_MAX} THEN 'stale_trigger'
            ELSE {REASON.replace('p.', 'r.')} END"""
    return f"""
CREATE FUNCTION absorbed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE r record;
BEGIN
    INSERT INTO partners (partner) VALUES (NEW.partner) ON CONFLICT DO NOTHING;
    CASE NEW.col
{counted}
    ELSE NULL;
    END CASE;
    IF NEW.stage IS NOT NULL THEN
        UPDATE partners SET stage = NEW.stage, stage_at = NEW.at
            WHERE partner = NEW.partner AND stage_at <= NEW.at;
        IF NEW.stage = 'joined' THEN
            UPDATE partners SET joined = NEW.day, joined_at = NEW.at WHERE partner = NEW.partner
                AND (joined_at IS NULL OR joined_at > NEW.at);
        END IF;
    END IF;
    IF NEW.contract IS NOT NULL THEN
        INSERT INTO contracts VALUES (NEW.partner, NEW.contract, NEW.at, NEW.contract_stage)
            ON CONFLICT (partner, contract) DO UPDATE SET at = excluded.at, stage = excluded.stage
            WHERE contracts.at <= excluded.at;
    END IF;
    IF NEW.tag IS NOT NULL THEN
        INSERT INTO tags VALUES (NEW.partner, NEW.tag, NEW.at, NEW.day, NEW.tag_on)
            ON CONFLICT (partner, tag) DO UPDATE SET at = excluded.at, day = excluded.day,
            is_on = excluded.is_on WHERE tags.at <= excluded.at;
    END IF;
    IF NEW.grp IS NOT NULL THEN
        INSERT INTO groups VALUES (NEW.partner, NEW.grp, NEW.at, NEW.grp_on)
            ON CONFLICT (partner, name) DO UPDATE SET at = excluded.at, is_on = excluded.is_on
            WHERE groups.at <= excluded.at;
    END IF;
    IF NEW.has_tier THEN
        UPDATE partners SET tier = NEW.tier, tier_at = NEW.at
            WHERE partner = NEW.partner AND tier_at <= NEW.at;
    END IF;
    IF NEW.reach IS NOT NULL THEN
        INSERT INTO reach VALUES (NEW.partner, NEW.at, NEW.seq, NEW.reach, NEW.address);
        PERFORM reached(ARRAY[NEW.partner]);
    END IF;
    {sql.evaluation('(NEW.partner)')} INTO r;
    IF NEW.tag_on THEN
        INSERT INTO sends (source, partner, at, reason) SELECT id, NEW.partner, NEW.now, {held}
            FROM automations WHERE kind = 'tag_assigned' AND tag = NEW.tag;
    END IF;
    IF {differs} THEN
        INSERT INTO transitions (segment, at, partner, entered)
            SELECT segment, NEW.now, NEW.partner, ({word(program, 'word', 'r.new')} >> bit) & 1 = 1
            FROM segments WHERE (({word(program, 'word', 'r.bits')}
                # {word(program, 'word', 'r.new')}) >> bit) & 1 = 1;
        INSERT INTO sends (source, partner, at, reason) SELECT a.id, NEW.partner, NEW.now, {held}
            FROM segments s JOIN automations a ON a.segment = s.segment AND a.kind =
            CASE WHEN ({word(program, 's.word', 'r.new')} >> s.bit) & 1 = 1 THEN 'segment_entered'
                ELSE 'segment_left' END
            WHERE (({word(program, 's.word', 'r.bits')} # {word(program, 's.word', 'r.new')})
                >> s.bit) & 1 = 1;
        UPDATE partners SET acted = acted & ~coalesce((SELECT bit_or(mask) FROM workflows w
            WHERE again AND ({word(program, 'w.word', 'r.new')} & ~{word(program, 'w.word', 'r.bits')})
                >> w.bit & 1 = 1), 0){''.join(f', bits{n} = r.new{n}' for n in words)}
            WHERE partner = NEW.partner;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER absorbed AFTER INSERT ON events FOR EACH ROW EXECUTE FUNCTION absorbed();
CREATE FUNCTION absorb() RETURNS int[] LANGUAGE plpgsql AS $$
DECLARE dirty int[];
BEGIN
    dirty := ARRAY(SELECT DISTINCT partner FROM staged);
    INSERT INTO events (id, line, {', '.join(FIELDS)}) SELECT id, line, {', '.join(FIELDS)}
        FROM staged ORDER BY n ON CONFLICT (id) DO NOTHING;
    DELETE FROM staged;
    RETURN dirty;
END $$;
"""


def schema(program, exact):
    taking = trigger(program) if exact else BATCH
    return tables(program, exact) + REACHED + taking + settle(program, exact)
