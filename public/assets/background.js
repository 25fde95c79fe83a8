// Starts worker.js, where the browser has service workers: on https and on this machine.

const {serviceWorker} = navigator;
if (serviceWorker) {
  const address = new URL("assets/worker.js", document.baseURI).href; // without a version: the browser asks whether it has changed
  const trusted = globalThis.trustedTypes?.createPolicy("worker", {createScriptURL: () => address});
  serviceWorker.addEventListener("message", ({data}) => (location.hash = data));
  serviceWorker.register(trusted?.createScriptURL("") ?? address, {scope: new URL(".", document.baseURI).href}).catch(() => {}); // a private window
}
