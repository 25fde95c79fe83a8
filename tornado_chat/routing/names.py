"""Names that plugins and the server share: of events, and of actions that the server has added."""

#: The actions of wire 1. Of a later one, a plugin of before may have the name, and keeps it.
WIRE_1 = frozenset(
    {
        *("audit", "ban", "bans", "channels", "history", "join-channel", "kick", "leave-channel", "overview"),
        *("read", "reload-plugin", "rename", "send-message", "typing", "unban", "welcome", "who"),
    }
)

#: What can be listened to, and what a listener is called with.
EVENTS = {
    "connect": ("ctx",),
    "disconnect": ("ctx",),
    "join": ("ctx",),
    "leave": ("ctx",),
    "message": ("ctx", "message"),
    "posted": ("ctx", "message"),
    "changed": ("ctx", "message", "change"),
    "member": ("ctx", "what"),
    "channel": ("ctx", "settings"),
    "authenticate": ("request",),
    "startup": ("ctx",),
    "shutdown": ("ctx",),
}
