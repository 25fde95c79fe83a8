// What a plugin's face draws. Where drawing fails, its box says so, and the rest of the page goes on.

import {Component, html} from "../html.js";
import {t} from "../i18n/index.js";

const Drawn = ({draw}) => draw();

export class Box extends Component {
  shouldComponentUpdate(next, state) {
    return next.line !== this.props.line || state !== this.state;
  }

  componentDidCatch(error) {
    console.error(`The face of ${this.props.line.face}:`, error);
    this.setState({error, of: this.props.line});
  }

  render({line}, {error, of}) {
    return html`<div class="box" role="group" aria-label=${line.face} data-id=${line.id}>
      ${of === line ? html`<p class="alert">${failure(line.face, error)}</p>` : html`<${Drawn} draw=${line.draw} />`}
    </div>`;
  }
}

/** The words for what a face did wrong; the console has the rest. */
export function failure(name, error) {
  return t("face.failed", {name, words: String(error?.message ?? error)});
}
