// Theme and text size, as chosen in the settings, and the styles of signing in for those who need them. A classic script in
// the head: it runs before anything is painted.
(() => {
  const path = new URL(".", document.baseURI).pathname;
  const ours = path === "/" ? "tornado_chat." : `tornado_chat${path}.`; // see state/storage.js

  /** detail: what has just been chosen here, which may not fit into the storage. */
  function apply({detail} = {}) {
    for (const name of ["theme", "size"]) {
      try {
        const value = detail && name in detail ? detail[name] : JSON.parse(localStorage.getItem(ours + name));
        if (value) document.documentElement.dataset[name] = value;
        else delete document.documentElement.dataset[name];
      } catch {
        // storage is forbidden, or what is there is not ours
      }
    }
    const dark = document.documentElement.dataset.theme === "dark";
    for (const meta of document.querySelectorAll("meta[name=theme-color]")) {
      meta.dataset.media ??= meta.media;
      const wanted = document.documentElement.dataset.theme;
      meta.media = !wanted ? meta.dataset.media : meta.dataset.media.includes("dark") === dark ? "all" : "not all";
    }
  }

  apply();
  let known = false;
  try {
    known = localStorage.getItem(`${ours}token`) || localStorage.getItem(`${ours}account`);
  } catch {
    // storage is forbidden
  }
  if (!known) {
    const href = new URL("css/signin.css", document.currentScript.src);
    document.head.append(Object.assign(document.createElement("link"), {rel: "stylesheet", href}));
  }
  window.addEventListener("storage", apply); // another tab
  window.addEventListener("appearance", apply); // this one
})();
