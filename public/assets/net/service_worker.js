// Starts worker.js, where the browser has service workers: on https and on this machine.

import {trusted} from "./worker_url.js";

const {serviceWorker} = navigator;
if (serviceWorker) {
  const address = new URL("assets/worker.js", document.baseURI); // without a version: the browser asks whether it has changed
  serviceWorker.addEventListener("message", ({data}) => (location.hash = data));
  serviceWorker.register(trusted(address), {scope: new URL(".", document.baseURI).href}).catch(() => {}); // a private window
}
