"""Scenes with people: who is there, what they are called, and what administrators do to them."""

import base64

from tests.scenes.stage import Stage, loud, scene

PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


@scene
async def who(s: Stage) -> None:
    await s.meet()
    await s.call(s.ann, "who", target=s.den)
    s.note((await s.ask(s.ann, "who", find=s.name))["users"])
    await s.call(s.ann, "who", target=s.den, limit=1)
    await s.bob.close()
    await s.settle()
    await s.call(s.ann, "who", target=s.den)
    await s.call(s.ann, "who", target="p:AAAAAAAAAAAAAAAAAAAAAA")


@scene
async def users(s: Stage) -> None:
    await s.meet(join=False)
    await s.call(s.ann, "users", ids=[s.bob.id, "nobody"])
    await s.call(s.ann, "users", find=s.name)
    await s.bob.close()
    await s.settle()
    await s.call(s.ann, "users", ids=[s.bob.id])


@scene
async def shared(s: Stage) -> None:
    await s.meet()
    await s.call(s.ann, "shared", user=s.bob.id)
    await s.call(s.bob, "leave-channel", target=s.den)
    await s.settle()
    await s.call(s.ann, "shared", user=s.bob.id)
    await s.call(s.ann, "shared", user="nobody")


@scene
async def rename(s: Stage) -> None:
    s.ann, s.bob = await s.come("Ann", s.here, guest=True), await s.come("Bob", s.there)
    phone = await s.come("Phone", s.there, token=s.ann.hello["token"])
    for client in (s.bob, s.ann, phone):
        await client.join(s.den)
    await s.say(s.ann, "before")
    await s.begin()
    await s.call(s.ann, "rename", name=f"Anna {s.name}")
    await s.settle()
    await s.say(s.ann, "afterwards")
    await s.say(phone, "from another device")
    await s.settle()
    await s.call(s.bob, "who", target=s.den, find="anna")
    await s.call(s.bob, "history", target=s.den)
    await s.call(s.bob, "rename", name="Robert")
    await s.call(s.ann, "rename", name="\u202e")


@loud
async def set_picture(s: Stage) -> None:
    await s.meet(role="admin")
    file = await s.ann.upload("me.png", PICTURE)
    await s.call(s.ann, "set-picture", file=file["id"])
    await s.settle()
    await s.call(s.bob, "who", target=s.den)
    await s.call(s.bob, "set-picture", file=file["id"])
    await s.call(s.ann, "set-picture", file="")
    await s.settle()
    await s.call(s.bob, "who", target=s.den)
    other = await s.ann.upload("us.png", PICTURE)
    await s.call(s.ann, "set-picture", file=other["id"], server=True)
    await s.settle()
    await s.call(s.ann, "set-picture", file="", server=True)
    await s.call(s.bob, "set-picture", file="", server=True)


@scene
async def kick(s: Stage) -> None:
    await s.meet(role="admin")
    eve = await s.come("Eve", s.there)
    await eve.join(s.den)
    await s.begin()
    await s.call(s.bob, "kick", user=eve.id)
    await s.call(s.ann, "kick", user=eve.id, reason="enough")
    await s.settle()
    await s.call(s.ann, "kick", user=eve.id)
    await s.call(s.ann, "kick", user=s.ann.id)
    await s.call(s.bob, "who", target=s.den)


@scene
async def ban(s: Stage) -> None:
    await s.meet(role="admin")
    eve = await s.come("Eve", s.there)
    await eve.join(s.den)
    await s.begin()
    await s.call(s.bob, "ban", user=eve.id)
    await s.call(s.ann, "ban", user=f"Eve {s.name}", reason="enough", hours=1)
    await s.settle()
    for server in (s.here, s.there):
        await s.is_closed_out("Eve", server)
    await s.call(s.ann, "ban", user="Nobody at all")


@scene
async def bans(s: Stage) -> None:
    await s.meet(role="admin")
    await s.call(s.ann, "ban", user=s.bob.id, hours=2)
    await s.settle()
    other = await s.come("Boss", s.there, "admin")
    answer = await s.ask(other, "bans")
    assert [one["reason"] for one in answer["bans"] if one["whom"] == s.bob.id] == ["banned"]


@scene
async def unban(s: Stage) -> None:
    await s.meet(role="admin")
    await s.call(s.ann, "ban", user=s.bob.id)
    await s.settle()
    await s.is_closed_out("Bob", s.there)
    await s.call(s.ann, "unban", whom=s.bob.id)
    await s.call(s.ann, "unban", whom=s.bob.id)
    again = await s.come("Bob again", s.there)
    await again.join(s.den)


@scene
async def audit(s: Stage) -> None:
    await s.meet(role="admin")
    await s.call(s.bob, "set-channel", target=s.den, topic="no")
    await s.call(s.ann, "silence", target=s.den, user=s.bob.id, minutes=1)
    other = await s.come("Boss", s.there, "admin")
    for about in ({"find": s.name}, {"power": "silence", "find": s.name}):
        await s.call(other, "audit", **about)
    await s.call(s.bob, "audit")


@scene
async def overview(s: Stage) -> None:
    await s.meet(role="admin")
    answer = await s.ask(s.ann, "overview", find=s.name, past=True)
    s.note([one | {"addresses": 0} for one in answer["people"]], answer["found"])
    s.note([one for one in answer["channels"] if s.name in one["name"]])
    await s.call(s.bob, "overview")


@loud
async def reload_plugin(s: Stage) -> None:
    await s.meet(role="admin")
    await s.call(s.ann, "reload-plugin", plugin="dice")
    await s.call(s.ann, "reload-plugin", plugin="nothing")
    await s.call(s.bob, "reload-plugin", plugin="dice")
