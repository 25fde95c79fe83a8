// The face of polls: how a poll stands, with a button for each answer.

const row = {alignItems: "center", display: "flex", gap: "4px 12px", marginTop: "4px"};

export function setup({html, on, show, call}) {
  on("poll", (poll) => show(poll.channel, poll.id, () => draw(poll)));

  function draw({id, channel, question, options, open}) {
    const all = options.reduce((sum, {votes}) => sum + votes, 0);
    const vote = (at) => call("vote", {target: channel, option: at + 1, poll: id});
    return html`
      <p dir="auto"><strong>${question}</strong></p>
      ${options.map(({text, votes}, at) => html`<div key=${at} style=${{...row, flexWrap: "wrap"}}>
        <span style=${{flex: "1 1 160px"}}><bdi>${text}</bdi></span>
        <span style=${row}>
          <progress value=${votes} max=${all || 1} aria-label=${text} style=${{width: "100px"}} />
          <span style=${{minWidth: "3ch", textAlign: "end"}}>${votes}</span>
          ${open && html`<button onClick=${() => vote(at)} aria-label=${`Vote for ${text}`} style=${{minHeight: "40px"}}>Vote</button>`}
        </span>
      </div>`)}
      ${!open && html`<p style=${{marginTop: "8px"}}>The poll is closed.</p>`}`;
  }
}
