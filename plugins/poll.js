// The UI of polls: shows the state of a poll, with a button for each answer.

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
    const most = Math.max(...options.map(({votes}) => votes));
    return html`
      <p dir="auto"><strong>${question}</strong></p>
      ${options.map(({text, votes}, at) => {
        const row = html`<bdi>${text}</bdi><span>${all ? `${Math.round((100 * votes) / all)} %` : ""}</span>`;
        return html`<div class=${!open && votes && votes === most ? "choice won" : "choice"}>
          <progress value=${votes} max=${all || 1} aria-label=${text} />
          ${open ? html`<button onClick=${() => vote(at)} aria-label=${`Vote for ${text}`}>${row}</button>` : html`<div>${row}</div>`}
        </div>`;
      })}
      <p>${all} ${all === 1 ? "vote" : "votes"}</p>
      ${!open && html`<p>The poll is closed.</p>`}`;
  }
}
