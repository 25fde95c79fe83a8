// What a plugin draws: in the place of a message's text, or in a row of its own. If drawing fails, it says so, and the rest of the page goes on.

import {Component, html} from "../html.js";
import {t} from "../i18n/index.js";
import {shorten} from "../text/characters.js";
import {Avatar, Name, pluginSender} from "../ui/avatar.js";
import {Time} from "../ui/messages/message.js";

const MOST = 300; // characters of an error that are shown
const Drawn = ({draw}) => draw();

/** children: the text of the message, which stands there if drawing fails. */
export class Frame extends Component {
  shouldComponentUpdate(next, state) {
    return next.line.draw !== this.props.line.draw || state !== this.state;
  }

  componentDidCatch(error) {
    const {plugin, draw} = this.props.line;
    console.error(`The UI of ${plugin}:`, error);
    this.setState({error, of: draw});
  }

  render({line, children}, {error, of}) {
    const {plugin, draw, message, time, id} = line;
    const drawn = of === draw
      ? html`${children ?? (message && html`<p dir="auto">${message}</p>`)}<p class="box alert">${failure(plugin, error)}</p>`
      : html`<div class="box" role="group" aria-label=${plugin}><${Drawn} draw=${draw} /></div>`;
    if (children) return drawn;
    return html`<div class="message plugin" data-id=${id}>
      <${Avatar} user=${pluginSender(plugin)} />
      <div class="body"><header><${Name} user=${pluginSender(plugin)} /> <${Time} time=${time} /></header>${drawn}</div>
    </div>`;
  }
}

/** What plugins add below a message; all: [{plugin, draw(message)}]. */
export function Decorations({all, message}) {
  return all.map(({plugin, draw}, at) => html`<${Decoration} key=${`${plugin} ${at}`} plugin=${plugin} draw=${draw} message=${message} />`);
}

const Added = ({draw, message}) => draw(structuredClone(message)) ?? null;

class Decoration extends Component {
  componentDidCatch(error) {
    console.error(`The UI of ${this.props.plugin}:`, error);
    this.setState({error, of: this.props.message});
  }

  render({plugin, draw, message}, {error, of}) {
    if (of === message) return html`<p class="box alert">${failure(plugin, error)}</p>`;
    return html`<div class="decoration" role="group" aria-label=${plugin}><${Added} draw=${draw} message=${message} /></div>`;
  }
}

/** An error of a plugin's UI in words; the console has the rest. */
export function failure(name, error) {
  return t("plugin.failed", {name, words: shorten(String(error?.message ?? error), MOST)});
}
