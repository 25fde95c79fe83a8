// The service worker: shows the last known page while the server is away, opens the page from a notification, and takes what
// other apps share with it. It keeps no files.

const PAGE = self.registration.scope;
const isPage = (url) => url.split(/[?#]/)[0] === PAGE;
const kept = () => caches.open("page");

self.addEventListener("install", (event) => event.waitUntil(kept().then((cache) => cache.add(PAGE))));
self.addEventListener("activate", (event) => event.waitUntil(self.registration.navigationPreload?.enable()));
self.addEventListener("fetch", (event) => {
  const {method, mode, url} = event.request; // the browser's own cache keeps all other files for ever
  if (method === "POST" && url === `${PAGE}share`) event.respondWith(share(event.request));
  else if (mode === "navigate" && isPage(url)) event.respondWith(page(event));
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

/** Store what another app shares for the page, which then opens and asks for a channel: see ui/files/share.js. */
async function share(request) {
  const form = await request.formData();
  const words = ["title", "text", "url"].map((name) => form.get(name)).filter((text) => typeof text === "string" && text);
  const files = form.getAll("files").filter((file) => file instanceof File && file.size);
  await put({files, text: [...new Set(words)].join("\n")});
  return Response.redirect(`${PAGE}?shared`, 303);
}

/** Put it into the FileStore "shared" of the page. */
function put(shared) {
  const {pathname} = new URL(PAGE);
  const asked = indexedDB.open(`tornado_chat${pathname === "/" ? "" : pathname}.shared`, 1);
  return new Promise((done, failed) => {
    asked.onupgradeneeded = () => asked.result.createObjectStore("files");
    asked.onerror = failed;
    asked.onsuccess = () => {
      const transaction = asked.result.transaction("files", "readwrite");
      transaction.objectStore("files").put(shared, "shared");
      transaction.oncomplete = () => (asked.result.close(), done());
      transaction.onabort = failed;
    };
  });
}
