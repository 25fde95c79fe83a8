"""How PostgreSQL reads messages and threads: by an index, no more than is asked for, however many there are."""

import pytest

from tests.storage.postgres import plans
from tornado_chat.chat.history import LOOKED_AT
from tornado_chat.storage.postgres import mentions, queries, replies, threads, trimming
from tornado_chat.storage.postgres.rows import SHIFT

MANY, FEW, LIMIT = 4_000, 40, 10
DEN, HALL = 1 << SHIFT, 2 << SHIFT
# The den has messages, the hall a few and then replies that stand in one thread alone; there are other channels.
FILL = f"""
INSERT INTO channels SELECT n, CASE n WHEN 1 THEN 'den' WHEN 2 THEN 'hall' ELSE 'c' || n END, 0, {MANY}
    FROM generate_series(1, {FEW}) n;
INSERT INTO messages (id, sender, name, text, time)
    SELECT {DEN} + n, n % 5, 'User', 'text ' || n, n FROM generate_series(1, {MANY}) n;
INSERT INTO messages (id, sender, name, text, time, rev_key, active)
    SELECT {HALL} + n, n % 5, 'User', 'text ' || n, n, {HALL} + {MANY}, {MANY} FROM generate_series(1, {FEW}) n;
INSERT INTO messages (id, sender, name, text, time, thread, back, extra)
    SELECT {HALL} + n, n % 5, 'User', 'reply', n, {HALL} + 1, {HALL} + {FEW}, '{{"thread": 1}}'
    FROM generate_series({FEW} + 1, {MANY}) n;
INSERT INTO messages (id, sender, name, text, time)
    SELECT (c::bigint << {SHIFT}) + n, n % 5, 'User', 'text', n
    FROM generate_series(3, {FEW}) c, generate_series(1, 9) n;
INSERT INTO follows SELECT n, {HALL} + 1, 5, true FROM generate_series(1, {MANY}) n;
INSERT INTO follows SELECT '1', {HALL} + n, 5, true FROM generate_series(2, {FEW}) n;
INSERT INTO mentions SELECT CASE n % 2 WHEN 0 THEN '1' ELSE '' END, {DEN} + n, {DEN} + n, n
    FROM generate_series(1, {MANY}) n;
"""
ALL = str(["den", "hall", *(f"c{n}" for n in range(3, LIMIT + 1))]).join(("ARRAY", ""))
NO_LIMITS = f"array_fill(NULL::text, ARRAY[{LIMIT}])"
#: By name: a query, values for it, and how many rows one step may look at.
QUERIES = {
    "unread": (mentions._UNREAD, ("'1'", ALL, f"array_fill(0, ARRAY[{LIMIT}])", NO_LIMITS), 3 * LOOKED_AT),
    "further": (mentions._FURTHER, ("'1'", "ARRAY['hall']", "ARRAY[0]"), 3 * FEW),
    "mentions": (mentions._MENTIONS, ("'1'", ALL, NO_LIMITS, 2**62, 0, LIMIT), 10 * LIMIT),
    "times": (mentions._TIMES, (ALL,), LIMIT),
    "mentions no more": (mentions._REMOVE, (DEN + 7, "ARRAY['1']"), LIMIT),
    "thread": (threads._BACKWARD, ("'hall'", 1, 0, MANY, LIMIT), LIMIT),
    "reading": (threads._READING, ("'1'", "'hall'", 1, "NULL"), LOOKED_AT),
    "following": (threads._FOLLOWING, ("'1'", ALL, NO_LIMITS, 2**62, 0, LIMIT), 2 * LOOKED_AT),
    "unread threads": (threads._THREADS, ("'1'", ALL, NO_LIMITS), 2 * FEW),
    "followers after": (threads._ALL, ("'100'", LIMIT), 2 * LIMIT),
    "forget": (threads._FORGET, ("ARRAY['77']",), 2),
    "left": (replies._LEFT, (HALL + 1,), LOOKED_AT),
    "fronts": (replies._FRONTS, (f"ARRAY[{DEN}, {HALL}]",), 2),
    "timeline": (queries._DOWN, (HALL, HALL + MANY + 1, LIMIT), 4 * LIMIT),
    "timeline up": (queries._UP, (HALL, HALL + MANY + 1, LIMIT), 4 * LIMIT),
    "stale": (trimming._STALE, (0, 5, LIMIT, LIMIT), LIMIT),
    "nth": (trimming._NTH, (DEN, DEN + MANY, LIMIT), 2 * LIMIT),
    "cut": (trimming._CUT, (DEN, DEN + MANY, "NULL", DEN + 7, LIMIT), 2 * LIMIT),
    "refs": (trimming._FORGET_REFS, (5, LIMIT), LIMIT),
}


@pytest.mark.parametrize("planned", plans.WHEN)
def test_no_query_reads_more_than_is_asked_for(planned: str) -> None:
    plans.read_only_what_is_asked(QUERIES, FILL, planned)
