"""The record of what administrators did: {"action": "audit", "limit": 50}."""

from typing import Annotated, Any

from tornado_chat import Context, Limit, Part, action, fold

PAGE = 200
MOST = 2_000  # entries that one call looks through
NAMES = ("name", "user", "whom", "lifted", "plugin")  # whom or what an entry is about


def _key(value: str) -> str:
    if len(value) > 100:
        raise ValueError("the key of an entry")
    return value


@action("audit", channel=False, power="audit", command=False)
async def audit(
    ctx: Context, after: Annotated[str, _key] = "", limit: Limit = 50, find: Part = "", power: str = ""
) -> dict[str, Any]:
    """List the uses of an administrator's powers, newest first; `more` is the `after` of the next page, or ""."""

    def wanted(entry: dict[str, Any]) -> bool:
        names = [entry["by"]["name"], *(str(entry["about"].get(name, "")) for name in NAMES)]
        return power in ("", entry["power"]) and any(find in fold(name) for name in names)

    found: list[dict[str, Any]] = []
    page = PAGE if find or power else min(PAGE, limit + 1)
    for _ in range(MOST // PAGE):
        entries = await ctx.server.moderation.recorded(after, page)
        for entry in filter(wanted, entries):
            if len(found) == limit:
                return {"entries": found, "more": after}
            found.append(entry)
            after = entry["key"]
        if len(entries) < page:
            return {"entries": found, "more": ""}
        after = entries[-1]["key"]
    return {"entries": found, "more": after}
