// Beside the page: shows it as it was last where there is no network, and brings it to the front from a notification.

const PAGE = self.registration.scope;
const isPage = (url) => url.split(/[?#]/)[0] === PAGE;
const kept = () => caches.open("page");

self.addEventListener("install", (event) => event.waitUntil(kept().then((cache) => cache.add(PAGE))));
self.addEventListener("activate", (event) => event.waitUntil(self.registration.navigationPreload?.enable()));
self.addEventListener("fetch", (event) => {
  const {mode, url} = event.request; // what the page is made of is for ever in the browser's own cache
  if (mode === "navigate" && isPage(url)) event.respondWith(page(event));
});
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(show(event.notification.data));
});

/** The page as the server has it, or, where nobody answers, as it was kept. */
async function page(event) {
  const answer = await load(event).catch(() => Response.error());
  if (answer.ok) {
    const copy = answer.clone();
    event.waitUntil(kept().then((cache) => cache.put(PAGE, copy)));
  }
  // In Firefox a preload that fails is an answer, too: an error. So is that of a proxy whose server is away.
  if (answer.type !== "error" && ![502, 503, 504].includes(answer.status)) return answer;
  return (await (await kept()).match(PAGE, {ignoreVary: true})) ?? answer;
}

async function load({preloadResponse, request}) {
  return (await preloadResponse) ?? fetch(request);
}

/** Show a channel, by the end of its address, in a window that there is or in a new one. */
async function show(hash) {
  const there = await self.clients.matchAll({type: "window", includeUncontrolled: true});
  const open = there.find(({url}) => isPage(url));
  if (!open) return self.clients.openWindow(PAGE + hash);
  open.postMessage(hash);
  return open.focus();
}
