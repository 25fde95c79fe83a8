// The face of polls: how a poll stands, with a button for each answer.

export function setup({html, on, show, call}) {
  on("poll", (poll) => show(poll.channel, poll.id, () => draw(poll)));

  function draw({id, channel, question, options, open}) {
    const all = options.reduce((sum, {votes}) => sum + votes, 0);
    const vote = (at) => call("vote", {target: channel, option: at + 1, poll: id});
    return html`
      <p dir="auto"><strong>${question}</strong></p>
      ${options.map(({text, votes}, at) => html`<div key=${at} style=${{display: "flex", flexWrap: "wrap", gap: "4px 12px", alignItems: "center", marginTop: "8px"}}>
        <span dir="auto" style=${{flex: "1 1 120px", minWidth: 0}}>${text}</span>
        <progress value=${votes} max=${all || 1} aria-label=${text} style=${{width: "120px"}} />
        <span style=${{minWidth: "3ch", textAlign: "end"}}>${votes}</span>
        ${open && html`<button onClick=${() => vote(at)} aria-label=${`Vote for ${text}`} style=${{minHeight: "40px"}}>Vote</button>`}
      </div>`)}
      ${!open && html`<p style=${{marginTop: "8px"}}>The poll is closed.</p>`}`;
  }
}
