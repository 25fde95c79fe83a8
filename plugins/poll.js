// The UI of polls: shows the state of a poll, with a button for each answer.

const rows = {alignItems: "center", display: "grid", gap: "4px 12px", gridTemplateColumns: "minmax(0, 1fr) auto auto"};
const bar = {gridColumn: "1 / -1", height: "8px", marginBottom: "4px", width: "100%"};

export function setup({html, on, show, call}) {
  const seen = new Set(); // ids
  on("joined", ({channel}) => call("show-poll", {target: channel}));
  on("poll", (poll) => {
    if (!poll.open && !seen.has(poll.id)) return; // it was closed before we joined
    seen.add(poll.id);
    show(poll.channel, poll.id, () => draw(poll));
  });

  function draw({id, channel, question, options, open}) {
    const all = options.reduce((sum, {votes}) => sum + votes, 0);
    const vote = (at) => call("vote", {target: channel, option: at + 1, poll: id});
    return html`
      <p dir="auto"><strong>${question}</strong></p>
      <div style=${rows}>
        ${options.map(({text, votes}, at) => html`
          <bdi>${text}</bdi>
          <span>${votes}</span>
          ${open ? html`<button onClick=${() => vote(at)} aria-label=${`Vote for ${text}`} style=${{minHeight: "40px"}}>Vote</button>` : html`<span />`}
          <progress value=${votes} max=${all || 1} aria-label=${text} style=${bar} />`)}
      </div>
      ${!open && html`<p>The poll is closed.</p>`}`;
  }
}
