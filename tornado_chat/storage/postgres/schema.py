"""Compares the objects of a schema (tables, indexes, functions, triggers) with those that the server makes."""

from __future__ import annotations

import json
import secrets

from tornado_chat.storage.postgres.engine import Connection
from tornado_chat.storage.postgres.migrations import MIGRATIONS

FACTS = "CREATE TABLE facts (name text PRIMARY KEY, value text NOT NULL)"  # is made before the first step

_OBJECTS = """
SELECT 'table', c.relname, string_agg(concat_ws(
    ' ', a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
    pg_get_expr(d.adbin, d.adrelid), l.collname
), ', ' ORDER BY a.attnum)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum LEFT JOIN pg_collation l ON l.oid = a.attcollation
WHERE c.relnamespace = $1::regnamespace AND c.relkind IN ('r', 'p') GROUP BY c.relname
UNION ALL
SELECT 'index', c.relname, pg_get_indexdef(c.oid) || CASE WHEN i.indisvalid THEN '' ELSE ' invalid' END
FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid
WHERE c.relnamespace = $1::regnamespace AND c.relkind = 'i'
UNION ALL
SELECT 'sequence', c.relname, '' FROM pg_class c WHERE c.relnamespace = $1::regnamespace AND c.relkind = 'S'
UNION ALL
SELECT 'constraint', c.conname, pg_get_constraintdef(c.oid) FROM pg_constraint c
WHERE c.connamespace = $1::regnamespace AND c.contype IN ('p', 'u', 'x', 'c')
UNION ALL
SELECT 'function', p.proname, pg_get_functiondef(p.oid) FROM pg_proc p WHERE p.pronamespace = $1::regnamespace
UNION ALL
SELECT 'trigger', t.tgname, pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE c.relnamespace = $1::regnamespace AND NOT t.tgisinternal
"""


async def differences(connection: Connection, schema: str) -> list[str]:
    """Return missing, changed and foreign objects of a schema, one line each. No transaction may be open."""
    found = await _objects(connection, schema)
    made = await _made(connection)
    problems = [f"the {kind} {name} is missing" for kind, name in sorted(made.keys() - found.keys(), reverse=True)]
    for (kind, name), words in sorted(found.items()):
        if (kind, name) not in made:
            problems.append(f"the {kind} {json.dumps(name)} does not belong to this server")
        elif words != made[kind, name]:
            problems.append(f"the {kind} {name} is not as this server makes it")
    return problems


Objects = dict[tuple[str, str], str]  # (kind, name) -> what it is


async def _objects(connection: Connection, schema: str) -> Objects:
    rows = await connection.fetch(_OBJECTS, f'"{schema}"')
    return {(kind, name): words.replace(f'"{schema}".', "").replace(f"{schema}.", "") for kind, name, words in rows}


async def _made(connection: Connection) -> Objects:
    """Return the objects that the server makes, in a schema that is gone at the end."""
    name = f"tornado_chat_check_{secrets.token_hex(4)}"
    undone = connection.transaction()
    await undone.start()
    try:
        await connection.execute(f'CREATE SCHEMA "{name}"; SET LOCAL search_path = "{name}", public; {FACTS}')
        for step in MIGRATIONS:
            await connection.execute(step)
        return await _objects(connection, name)
    finally:
        await undone.rollback()
