"""Scenes with channels: made, joined and left, set, and who belongs to them."""

from tests.scenes.stage import Stage, scene


@scene
async def join_channel(s: Stage) -> None:
    await s.meet(join=False)
    await s.bob.join(s.den)
    seq = await s.say(s.bob, "one")
    await s.begin()
    joined = await s.call(s.ann, "join-channel", target=f" {s.den}")
    await s.settle()
    await s.call(s.bob, "who", target=s.den)
    since = {"epoch": joined["epoch"], "seq": seq}
    await s.say(s.bob, "two")
    await s.settle()
    for more in ({}, {"since": since}, {"since": since, "changes": True}, {"history": 1}):
        await s.call(s.ann, "join-channel", target=s.den, **more)
    await s.call(s.ann, "join-channel", target="dm:nobody")


@scene
async def leave_channel(s: Stage) -> None:
    s.leave_out("members")  # ann is told of herself if leaving takes long
    await s.meet()
    await s.call(s.ann, "leave-channel", target=s.den)
    await s.settle()
    await s.call(s.bob, "who", target=s.den)
    await s.call(s.bob, "members", target=s.den)
    await s.call(s.ann, "leave-channel", target=s.den)
    await s.call(s.ann, "history", target=s.den)


@scene
async def join_communication_channel(s: Stage) -> None:
    await s.meet(join=False)
    await s.bob.join(s.den)
    await s.begin()
    s.ann.send("join-communication-channel", message=f"{s.den} ")
    await s.settle()
    s.ann.send("send-message", target=f"{s.den} ", message="hello from before", sender={"name": "Eve"})
    await s.settle()
    await s.say(s.bob, "and back")
    await s.call(s.ann, "join-communication-channel", message=s.den)


@scene
async def leave_communication_channel(s: Stage) -> None:
    s.leave_out("members")  # likewise
    await s.meet()
    s.ann.send("leave-communication-channel", message=s.den)
    await s.settle()
    s.ann.send("send-message", target=s.den, message="too late")
    await s.say(s.bob, "for myself")
    await s.call(s.ann, "leave-communication-channel", message=s.den)


@scene
async def create_channel(s: Stage) -> None:
    s.leave_out("members")  # of whom their maker is told only if the channel is made at once
    await s.meet(join=False)
    made = await s.call(s.ann, "create-channel", kind="private", title="Plans", topic="what", users=[s.bob.id])
    await s.settle()
    await s.call(s.bob, "join-channel", target=made["channel"])
    await s.call(s.bob, "create-channel", name=s.den)
    await s.settle()
    await s.call(s.ann, "create-channel", name=s.den)
    await s.call(s.ann, "create-channel", kind="private", title="")


@scene
async def open_direct(s: Stage) -> None:
    await s.meet(join=False)
    opened = await s.call(s.ann, "open-direct", users=[s.bob.id])
    await s.settle()  # bob is told of it with the first message
    await s.call(s.ann, "send-message", target=opened["channel"], message="psst")
    await s.settle()
    again = await s.call(s.bob, "open-direct", users=[s.ann.id])
    assert again["channel"] == opened["channel"]
    await s.call(s.ann, "open-direct", users=["nobody"])
    await s.call(s.ann, "open-direct", users=[])


@scene
async def invite(s: Stage) -> None:
    await s.meet(join=False)
    made = await s.call(s.ann, "create-channel", kind="private", title="Plans")
    await s.begin()
    for _ in range(2):
        await s.call(s.ann, "invite", target=made["channel"], user=s.bob.id)
    await s.settle()
    await s.call(s.bob, "join-channel", target=made["channel"])
    await s.call(s.ann, "invite", target=made["channel"], user="nobody")
    await s.call(s.bob, "invite", target="p:AAAAAAAAAAAAAAAAAAAAAA", user=s.ann.id)


@scene
async def remove_member(s: Stage) -> None:
    await s.meet()
    await s.call(s.bob, "remove-member", target=s.den, user=s.ann.id)
    await s.call(s.ann, "remove-member", target=s.den, user=s.bob.id, minutes=60, reason="enough")
    await s.settle()
    await s.call(s.bob, "send-message", target=s.den, message="still here?")
    await s.call(s.bob, "history", target=s.den)
    answer = await s.call(s.bob, "join-channel", target=s.den)
    assert answer["rule"] == "removed"
    await s.call(s.ann, "members", target=s.den)
    await s.call(s.ann, "remove-member", target=s.den, user="nobody")


@scene
async def silence(s: Stage) -> None:
    await s.meet()
    await s.call(s.ann, "silence", target=s.den, user=s.bob.id, minutes=5)
    await s.settle()
    answer = await s.call(s.bob, "send-message", target=s.den, message="hm")
    assert answer["rule"] == "silenced"
    await s.call(s.ann, "members", target=s.den)
    await s.call(s.ann, "silence", target=s.den, user=s.bob.id, minutes=0)
    await s.settle()
    await s.say(s.bob, "ah")
    await s.call(s.bob, "silence", target=s.den, user=s.ann.id, minutes=5)


@scene
async def set_role(s: Stage) -> None:
    await s.meet()
    await s.call(s.bob, "set-channel", target=s.den, topic="mine")
    await s.call(s.ann, "set-role", target=s.den, user=s.bob.id, role="moderator")
    await s.settle()
    await s.call(s.bob, "set-channel", target=s.den, topic="mine")
    await s.call(s.ann, "set-role", target=s.den, user=s.ann.id, role="member")
    await s.call(s.bob, "set-role", target=s.den, user=s.ann.id, role="member")
    await s.call(s.ann, "set-role", target=s.den, user="nobody", role="member")


@scene
async def set_channel(s: Stage) -> None:
    await s.meet()
    await s.call(s.ann, "set-channel", target=s.den, title="The den", description="all of it", posting="moderators")
    await s.settle()
    answer = await s.call(s.bob, "send-message", target=s.den, message="hm")
    assert answer["rule"] == "posting"
    await s.call(s.ann, "set-channel", target=s.den, posting="everyone", archived=True)
    await s.settle()
    answer = await s.call(s.bob, "send-message", target=s.den, message="hm")
    assert answer["rule"] == "archived"
    await s.call(s.ann, "set-channel", target=s.den, archived=False, newcomers="from-joining", slow=60, edit_window=0)
    await s.settle()
    await s.say(s.bob, "one")
    await s.call(s.bob, "send-message", target=s.den, message="so soon")
    await s.call(s.bob, "set-channel", target=s.den, title="Mine")


@scene
async def plugin_settings(s: Stage) -> None:
    await s.meet()
    await s.call(s.ann, "plugin-settings", target=s.den)
    await s.call(s.ann, "set-channel", target=s.den, plugins={"assistant": {"nothing": 1}})
    await s.call(s.bob, "plugin-settings", target=s.den)


@scene
async def notify(s: Stage) -> None:
    await s.meet()
    phone = await s.come("Ann", s.there)
    await s.begin()
    await s.call(s.ann, "notify", target=s.den, level="mentions", minutes=5)
    await s.settle()
    await s.call(phone, "channels", own=True)
    await s.call(s.ann, "notify", target=s.den, level="none")
    await s.settle()
    await s.call(phone, "channels", own=True)
    await s.call(s.ann, "notify", target="p:AAAAAAAAAAAAAAAAAAAAAA", level="none")


@scene
async def members(s: Stage) -> None:
    await s.meet()
    await s.call(s.ann, "members", target=s.den)
    await s.call(s.ann, "members", target=s.den, find="bob")
    await s.call(s.bob, "leave-channel", target=s.den)
    await s.settle()
    await s.call(s.ann, "members", target=s.den, limit=1)
    await s.call(s.ann, "members", target="p:AAAAAAAAAAAAAAAAAAAAAA")


@scene
async def browse(s: Stage) -> None:
    s.leave_out("members")  # of whom their maker is told only if the channel is made at once
    await s.meet()
    await s.say(s.bob, "something")
    await s.call(s.bob, "create-channel", kind="private", title=f"Plans of {s.name}")
    await s.settle()
    await s.call(s.ann, "browse", find=s.name)
    await s.call(s.bob, "browse", find=s.name)


@scene
async def channels(s: Stage) -> None:
    s.leave_out("members")  # of whom their maker is told only if the channel is made at once
    await s.meet()
    await s.say(s.bob, "unread")
    await s.call(s.bob, "create-channel", kind="private", title=f"Plans of {s.name}")
    await s.settle()
    await s.call(s.ann, "channels", find=s.name)
    await s.call(s.ann, "channels", own=True)
    await s.call(s.bob, "leave-channel", target=s.den)
    await s.settle()
    await s.call(s.ann, "channels", find=s.name)


@scene
async def all_channels(s: Stage) -> None:
    s.leave_out("members")  # of whom their maker is told only if the channel is made at once
    await s.meet(role="admin")
    await s.call(s.bob, "create-channel", kind="private", title=f"Plans of {s.name}")
    await s.settle()
    await s.call(s.ann, "all-channels", find=s.name)
    await s.call(s.bob, "all-channels")


@scene
async def may(s: Stage) -> None:
    await s.meet()
    seq = await s.say(s.bob, "one")
    await s.settle()
    for call, about in (("send-message", {}), ("edit-message", {"seq": seq}), ("react", {"seq": 99})):
        await s.call(s.ann, "may", call=call, target=s.den, **about)
    await s.call(s.ann, "set-channel", target=s.den, posting="moderators")
    await s.settle()
    await s.call(s.bob, "may", call="send-message", target=s.den)
    await s.call(s.ann, "may", call="set-role", target=s.den, user=s.bob.id)
    for name in ("kick", "nothing"):
        await s.call(s.bob, "may", call=name)
    await s.call(s.bob, "may", call="join-channel", target="dm:nobody")
