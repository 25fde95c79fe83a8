"""Scenes with messages: posted, read and changed."""

from tests.scenes.stage import Stage, scene


@scene
async def send_message(s: Stage) -> None:
    await s.meet()
    first = await s.say(s.ann, "hello", ref="first")
    await s.say(s.ann, "hello", ref="first")
    await s.say(s.bob, "an answer", reply_to=first)
    await s.say(s.ann, f"long {'ä€' * 1_900} @Bob send-message and @channel")
    await s.say(s.ann, "in a thread", thread=first)
    await s.say(s.ann, "in both", thread=first, also_in_channel=True)
    await s.call(s.ann, "send-message", target=s.den, message="other", ref="first")
    await s.call(s.ann, "send-message", target="nowhere", message="lost")
    await s.call(s.ann, "send-message", target=s.den, message="lost", reply_to=99)


@scene
async def edit_message(s: Stage) -> None:
    await s.meet()
    own, other = await s.say(s.ann, "one"), await s.say(s.bob, "two")
    await s.settle()
    answer = await s.call(s.ann, "edit-message", target=s.den, seq=own, message="one @Bob edit-message", ref="e")
    await s.call(s.ann, "edit-message", target=s.den, seq=own, message="one @Bob edit-message", ref="e")
    await s.call(s.ann, "edit-message", target=s.den, seq=own, message="three", of=answer["seq"])
    await s.call(s.ann, "edit-message", target=s.den, seq=own, message="four", of=own)
    await s.call(s.ann, "edit-message", target=s.den, seq=other, message="mine")
    await s.call(s.ann, "edit-message", target=s.den, seq=99, message="nothing")


@scene
async def delete_message(s: Stage) -> None:
    await s.meet(role="admin")
    own, other = await s.say(s.ann, "one @Bob delete-message"), await s.say(s.bob, "two")
    kept = await s.say(s.ann, "three")
    await s.settle()
    for seq in (own, other, other, 99):
        await s.call(s.ann, "delete-message", target=s.den, seq=seq)
    await s.call(s.bob, "delete-message", target=s.den, seq=kept)
    await s.settle()
    await s.call(s.bob, "history", target=s.den)


@scene
async def react(s: Stage) -> None:
    await s.meet()
    seq = await s.say(s.bob, "one")
    await s.settle()
    for key, on in (("👍", True), ("👍", True), ("🎉", True), ("👍", False), ("x", True)):
        await s.call(s.ann, "react", target=s.den, seq=seq, key=key, on=on)
    await s.call(s.ann, "react", target=s.den, seq=99, key="👍")


@scene
async def pin(s: Stage) -> None:
    await s.meet()
    seq = await s.say(s.bob, "one")
    await s.settle()
    for on in (True, True, False):
        await s.call(s.ann, "pin", target=s.den, seq=seq, on=on)
    await s.call(s.ann, "pin", target=s.den, seq=99)


@scene
async def pins(s: Stage) -> None:
    await s.meet()
    seqs = [await s.say(s.bob, f"{number}") for number in range(3)]
    for seq in seqs[:2]:
        await s.call(s.bob, "pin", target=s.den, seq=seq)
    await s.settle()
    await s.call(s.ann, "pins", target=s.den)
    await s.call(s.ann, "pins", target=s.den, after=seqs[0])
    await s.call(s.ann, "pins", target="nowhere")


@scene
async def grow(s: Stage) -> None:
    await s.meet()
    seq = await s.say(s.ann, "One", growing=True)
    await s.settle()
    await s.call(s.ann, "grow", target=s.den, seq=seq, **{"from": 3}, add=" two")
    await s.call(s.ann, "grow", target=s.den, seq=seq, **{"from": 5}, add=" two")
    await s.call(s.bob, "grow", target=s.den, seq=seq, **{"from": 7}, add=" mine")
    await s.until("growing")
    for _ in range(2):
        await s.call(s.ann, "grow", target=s.den, seq=seq, **{"from": 7}, add=" three", done=True, ref="done")
    await s.call(s.ann, "grow", target=s.den, seq=seq, **{"from": 13}, add=" four")


@scene
async def stop(s: Stage) -> None:
    await s.meet()
    seq = await s.say(s.bob, "One", growing=True)
    await s.settle()
    await s.call(s.ann, "stop", target=s.den, seq=seq)
    await s.settle()
    await s.call(s.bob, "grow", target=s.den, seq=seq, **{"from": 3}, add=" two")
    await s.call(s.ann, "stop", target=s.den, seq=seq)
    await s.call(s.ann, "stop", target=s.den, seq=99)


@scene
async def history(s: Stage) -> None:
    await s.meet()
    seqs = [await s.say(s.bob, f"{number}") for number in range(5)]
    await s.say(s.bob, "reply", thread=seqs[1])
    await s.call(s.bob, "edit-message", target=s.den, seq=seqs[0], message="edited")
    await s.settle()
    for about in (
        {},
        {"limit": 2},
        {"before": seqs[3], "limit": 2},
        {"after": seqs[1], "limit": 2},
        {"around": seqs[2]},
    ):
        await s.call(s.ann, "history", target=s.den, **about)
    await s.call(s.ann, "history", target=s.den, seqs=[seqs[0], 99])
    await s.call(s.ann, "history", target=s.den, thread=seqs[1])
    await s.call(s.ann, "history", target=s.den, timeline=True)
    await s.call(s.ann, "history", target="nowhere")


@scene
async def changes(s: Stage) -> None:
    await s.meet()
    seq = await s.say(s.bob, "one")
    await s.say(s.bob, "two")
    await s.call(s.bob, "react", target=s.den, seq=seq, key="👍")
    await s.settle()
    for since in (0, seq, 99):
        await s.call(s.ann, "changes", target=s.den, since=since)
    await s.call(s.ann, "changes", target=s.den, since=0, limit=1)
    await s.call(s.ann, "changes", target="nowhere", since=0)


@scene
async def read(s: Stage) -> None:
    await s.meet()
    phone = await s.come("Ann", s.there)  # her other device, which is told
    await phone.join(s.den)
    seqs = [await s.say(s.bob, f"{number}") for number in range(3)]
    await s.begin()
    await s.call(s.ann, "read", target=s.den, seq=seqs[2])
    await s.settle()
    await s.call(phone, "channels", own=True)
    await s.call(s.ann, "read", target=s.den, seq=seqs[0])
    await s.call(s.ann, "read", target=s.den, seq=seqs[0], back=True)
    await s.settle()
    await s.call(phone, "channels", own=True)
    await s.call(s.ann, "read", target=s.den, seq=99)


@scene
async def typing(s: Stage) -> None:
    await s.meet()
    await s.call(s.ann, "typing", target=s.den)
    await s.call(s.ann, "typing", target="nowhere")


@scene
async def threads(s: Stage) -> None:
    await s.meet()
    root = await s.say(s.ann, "root")
    await s.say(s.bob, "reply @Ann threads", thread=root)
    await s.settle()
    await s.call(s.ann, "threads")
    await s.call(s.ann, "read", target=s.den, seq=root + 1, thread=root)
    await s.settle()
    await s.call(s.ann, "threads")
    await s.call(s.ann, "threads", before="nonsense")


@scene
async def follow(s: Stage) -> None:
    await s.meet()
    phone = await s.come("Ann", s.there)
    await phone.join(s.den)
    root = await s.say(s.bob, "root")
    await s.begin()
    await s.call(s.ann, "follow", target=s.den, seq=root)
    await s.say(s.bob, "reply", thread=root)
    await s.settle()
    await s.call(phone, "threads")
    await s.call(s.ann, "follow", target=s.den, seq=root, on=False)
    await s.call(s.ann, "follow", target=s.den, seq=99)
    await s.settle()
    await s.call(phone, "threads")


@scene
async def mentions(s: Stage) -> None:
    await s.meet()
    seq = await s.say(s.bob, "for @Ann mentions")
    await s.say(s.bob, "for @channel")
    await s.say(s.bob, "for nobody", mentions=[s.ann.id])
    await s.settle()
    await s.call(s.ann, "mentions")
    await s.call(s.bob, "delete-message", target=s.den, seq=seq)
    await s.settle()
    await s.call(s.ann, "mentions", limit=1)
    await s.call(s.ann, "mentions", before="nonsense")


@scene
async def search(s: Stage) -> None:
    await s.meet()
    seqs = [await s.say(s.bob, f"marmalade {number} https://example.org") for number in range(3)]
    await s.settle()
    await s.call(s.ann, "search", text=f"marmalade in:{s.den!r}".replace("'", '"'))
    await s.call(s.ann, "search", text="marmalade", limit=2)
    await s.call(s.bob, "delete-message", target=s.den, seq=seqs[1])
    await s.call(s.bob, "edit-message", target=s.den, seq=seqs[0], message="jam")
    await s.settle()
    for text in ("marmalade", "jam has:link", "from:me", "marma", "in:nowhere"):
        await s.call(s.ann, "search", text=text)
