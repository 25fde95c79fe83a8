// The service worker: shows the last known page while the server is away, and opens the page from a notification.

const PAGE = self.registration.scope;
const isPage = (url) => url.split(/[?#]/)[0] === PAGE;
const kept = () => caches.open("page");

self.addEventListener("install", (event) => event.waitUntil(kept().then((cache) => cache.add(PAGE))));
self.addEventListener("activate", (event) => event.waitUntil(self.registration.navigationPreload?.enable()));
self.addEventListener("fetch", (event) => {
  const {mode, url} = event.request; // the browser's own cache keeps all other files for ever
  if (mode === "navigate" && isPage(url)) event.respondWith(page(event));
});
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(show(event.notification.data));
});

/** The page from the server, or from the cache if the server does not answer. */
async function page(event) {
  const answer = await load(event).catch(() => Response.error());
  if (answer.ok) {
    const copy = answer.clone();
    event.waitUntil(kept().then((cache) => cache.put(PAGE, copy)));
  }
  // In Firefox a failed preload resolves to an error response. A proxy answers for a server that is away.
  if (answer.type !== "error" && ![502, 503, 504].includes(answer.status)) return answer;
  return (await (await kept()).match(PAGE, {ignoreVary: true})) ?? answer;
}

async function load({preloadResponse, request}) {
  return (await preloadResponse) ?? fetch(request);
}

/** Show a channel, given by its hash, in an open window or in a new one. */
async function show(hash) {
  const there = await self.clients.matchAll({type: "window", includeUncontrolled: true});
  const open = there.find(({url}) => isPage(url));
  if (!open) return self.clients.openWindow(PAGE + hash);
  open.postMessage(hash);
  return open.focus();
}
