// The box in which a plugin draws. If drawing fails, the box says so, and the rest of the page goes on.

import {Component, html} from "../html.js";
import {t} from "../i18n/index.js";

const Drawn = ({draw}) => draw();

export class Frame extends Component {
  shouldComponentUpdate(next, state) {
    return next.line !== this.props.line || state !== this.state;
  }

  componentDidCatch(error) {
    console.error(`The UI of ${this.props.line.plugin}:`, error);
    this.setState({error, of: this.props.line});
  }

  render({line}, {error, of}) {
    return html`<div class="box" role="group" aria-label=${line.plugin} data-id=${line.id}>
      ${of === line ? html`<p class="alert">${failure(line.plugin, error)}</p>` : html`<${Drawn} draw=${line.draw} />`}
    </div>`;
  }
}

/** An error of a plugin's UI in words; the console has the rest. */
export function failure(name, error) {
  return t("plugin.failed", {name, words: String(error?.message ?? error)});
}
