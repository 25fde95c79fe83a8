// A picture: its place, blurred as long as it is not there, and then itself.

import {html, useEffect, useRef, useState} from "../../html.js";
import {t} from "../../i18n/index.js";
import {PATHS} from "./icons.js";
import {Icon} from "../icons.js";

const READABLE = /^[A-Za-z\d+/]+=*$/; // base64

/** The blurred picture of a file, as CSS. */
export const blur = ({preview}) => (preview && READABLE.test(preview) ? `background-image:url("data:image/webp;base64,${preview}")` : "");

/** The <img> of a file. sources: its attributes, src and more; null as long as it cannot be asked for. access: see FileAccess. drawn(): it is there. */
export function Image({file, sources, access, drawn, lazy = true}) {
  const [state, setState] = useState({tries: 0}); // broken
  const own = useRef(""); // its URL, where the browser cannot ask by itself
  useEffect(() => {
    setState({tries: 0});
    return () => {
      URL.revokeObjectURL(own.current);
      own.current = "";
    };
  }, [file.id]);
  if (!sources) return null;
  async function fail() {
    const {tries} = state;
    if (tries === 0) await access.renew();
    if (tries === 1) own.current = (await access.fetch(sources.src)) ?? "";
    setState({tries: tries + 1, broken: tries > 0 && !own.current});
  }
  if (state.broken) return html`<span class="broken"><${Icon} path=${PATHS.picture} /><span>${t("files.not-shown")}</span></span>`;
  return html`<img key=${state.tries} ...${own.current ? {src: own.current} : sources} alt=${file.name} width=${file.width} height=${file.height} decoding="async" loading=${lazy ? "lazy" : "eager"} draggable=${false} onLoad=${drawn} onError=${fail} />`;
}
