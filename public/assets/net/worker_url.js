// Addresses that workers may have: those of this server. The page's policy allows no others, and this one name for them.

const policy = globalThis.trustedTypes?.createPolicy("worker", {
  createScriptURL(address) {
    if (new URL(address).origin !== location.origin) throw new TypeError(`${address} is elsewhere`);
    return address;
  },
});

/** url: a URL. */
export const trusted = ({href}) => policy?.createScriptURL(href) ?? href;
