// The chat on Node's ws: one Buffer, sent to each member.
const { randomUUID } = require("node:crypto");
const { WebSocketServer } = require("ws");

const channels = new Map();

function send(members, data) {
  const bytes = Buffer.from(JSON.stringify(data));
  for (const member of members) member.send(bytes, { binary: false });
}

new WebSocketServer({ host: "127.0.0.1", port: +process.argv[2], path: "/ws" }).on("connection", (socket, request) => {
  const sender = { id: randomUUID(), name: new URL(request.url, "http://localhost").searchParams.get("name") };
  const joined = new Set();
  socket.on("message", (text) => {
    const data = JSON.parse(text);
    if (data.action === "join-channel") {
      const name = data.message;
      joined.add(name);
      if (!channels.has(name)) channels.set(name, new Set());
      const members = channels.get(name).add(socket);
      send(members, { action: "presence", channel: name, count: members.size });
    } else if (joined.has(data.target)) {
      send(channels.get(data.target), { ...data, sender });
    }
  });
  socket.on("close", () => {
    for (const name of joined) channels.get(name).delete(socket);
  });
});
