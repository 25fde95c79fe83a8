// Registers worker.js. Browsers have service workers on https and on localhost.

import {trusted} from "./worker_url.js";

const {serviceWorker} = navigator;
if (serviceWorker) {
  const address = new URL("assets/worker.js", document.baseURI); // without a version: the browser checks for changes
  serviceWorker.addEventListener("message", ({data}) => (location.hash = data));
  serviceWorker.register(trusted(address), {scope: new URL(".", document.baseURI).href}).catch(() => {}); // a private window
}
