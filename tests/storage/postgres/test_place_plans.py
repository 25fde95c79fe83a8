"""How PostgreSQL reads places: by an index, no more rows than a page has, however many there are."""

from functools import partial

import pytest

from tests.postgres import on_postgres
from tests.storage.postgres.plans import seen, steps
from tornado_chat.storage.postgres import forgetting, memberships, place_pages, store
from tornado_chat.storage.postgres.engine import Engine

MANY, LIMIT = 3_000, 10
FILL = f"""
INSERT INTO channel_records (name, key, kind, title, topic, description, posting, slow, newcomers, open, listed,
        archived, creator, made, people, plugins)
    SELECT 'c' || n, 'c' || n, 'public', '', '', '', 'everyone', 0, 'all', '[[0, null]]', n % 2 = 0, false, '', 0,
        '{{}}', '{{}}' FROM generate_series(10000, 10000 + {MANY}) n;
INSERT INTO people SELECT 'a:' || n, 'x', 'x' || n, 1, n % 2 = 0 FROM generate_series(10000, 10000 + {MANY}) n;
INSERT INTO memberships SELECT DISTINCT ON (1, 2) 'a:' || n, c, 'member', 0, n, NULL, 0, 'all', 0, 0, 0, 0, false
    FROM generate_series(10000, 10000 + {MANY}) n, unnest(ARRAY['c10007', 'c' || n]) c;
INSERT INTO memberships SELECT 'a:10007', 'c' || n, 'member', 0, n, NULL, 0, 'all', 0, 0, 0, 0, false
    FROM generate_series(10000, 10000 + {MANY}) n ON CONFLICT DO NOTHING;
INSERT INTO direct SELECT n, 'dm:' || n FROM generate_series(1, {MANY}) n;
INSERT INTO store SELECT 's', convert_to('k' || n, 'UTF8'), '1' FROM generate_series(10000, 10000 + {MANY}) n;
"""
PAGES = {
    "members": (place_pages._MEMBERS, "''", "'a:11000'", LIMIT, "'c10007'"),
    "people": (place_pages._PEOPLE, "''", "'a:11000'", LIMIT),
    "channels": (place_pages._CHANNELS, "''", "'c11000'", LIMIT, False),
    "browse": (place_pages._BROWSE, "''", "'c11000'", LIMIT, "'a:10007'"),
    "of a user": (memberships._OF_USER, "'a:10500'"),
    "of users": (memberships._OF_USERS, "ARRAY['a:10500', 'a:10501']"),
    "records": (memberships._RECORDS, "ARRAY['c10007', 'c10008']"),
    "ranked": (memberships._RANKED, "'c10007'"),
    "named": (memberships._NAMED, "ARRAY['x10009']", "ARRAY['c10007']"),
    "heir": (forgetting._NEXT, "'c10007'"),
    "of who is erased": (forgetting._LOCK, "ARRAY['a:10500']"),
    "guests": ("SELECT id FROM people WHERE guest AND seen < $1 LIMIT $2", 5, LIMIT),
}
#: Of a table that it knows nothing of yet, the planner believes that a space has few keys, and sorts them.
STORE = {
    "store": (store._ITEMS, "'s'", "'k11000'", "'k'", "'k11000'", R"'k\377'", LIMIT),
}


@pytest.mark.parametrize("analyzed", [False, True], ids=["new", "analyzed"])
def test_a_page_reads_no_more_than_it_shows(analyzed: bool) -> None:
    async def main(engine: Engine) -> None:
        await engine.write(lambda connection: connection.execute(FILL))
        if analyzed:
            await engine.read(lambda connection: connection.execute("ANALYZE"))
        for name, (asked, *values) in (PAGES | STORE if analyzed else PAGES).items():
            for step in await engine.read(partial(steps, asked=asked, values=values)):
                assert seen(step) <= 3 * LIMIT, (name, step)
                assert step["Node Type"] != "Seq Scan" or step["Relation Name"] == "roles", (name, step)

    on_postgres(main, fresh=True)
