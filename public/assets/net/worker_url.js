// URLs of workers, which must be on this server. The CSP allows this Trusted Types policy only.

const policy = globalThis.trustedTypes?.createPolicy("worker", {
  createScriptURL(address) {
    if (new URL(address).origin !== location.origin) throw new TypeError(`${address} is elsewhere`);
    return address;
  },
});

/** url: a URL. */
export const trusted = ({href}) => policy?.createScriptURL(href) ?? href;
