// The chat on Bun: its own publish and subscribe (uWebSockets).
const counts = new Map();

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: +process.argv[2],
  fetch(request, server) {
    const name = new URL(request.url).searchParams.get("name");
    const data = { sender: { id: crypto.randomUUID(), name } };
    return server.upgrade(request, { data }) ? undefined : new Response("a WebSocket is needed", { status: 400 });
  },
  websocket: {
    message(socket, text) {
      const data = JSON.parse(text);
      if (data.action === "join-channel") {
        const name = data.message;
        if (!socket.isSubscribed(name)) {
          socket.subscribe(name);
          counts.set(name, (counts.get(name) ?? 0) + 1);
        }
        server.publish(name, JSON.stringify({ action: "presence", channel: name, count: counts.get(name) }));
      } else if (socket.isSubscribed(data.target)) {
        server.publish(data.target, JSON.stringify({ ...data, sender: socket.data.sender }));
      }
    },
  },
});
