// The UI of polls: the message that asks becomes a card with a button for each answer.

const WORDS = {
  en: {
    count: (all) => `${all} ${all === 1 ? "vote" : "votes"}`,
    closes: (time, day) => `closes ${day && `${day} `}at ${time}`,
    closed: (time, day) => (day ? `closed on ${day}` : `closed at ${time}`),
    over: "The poll is closed.",
    later: "Results once you vote",
    back: "Take back",
    own: "your vote",
  },
  zh: {
    count: (all) => `${all} 票`,
    closes: (time, day) => `${day}${day && " "}${time} 截止`,
    closed: (time, day) => `已于${day || ` ${time} `}截止`,
    over: "投票已结束。",
    later: "投票后可见结果",
    back: "撤回投票",
    own: "您的投票",
  },
};

export function setup(api) {
  const {html, on, show, call} = api;
  const polls = new Map(); // id -> the poll, and the reader's own vote

  on("joined", async ({channel}) => {
    const answer = await call("polls", {target: channel});
    for (const poll of answer?.polls ?? []) know({channel, ...poll});
  });
  on("poll", know);
  on("vote", ({poll, option}) => polls.has(poll) && know({id: poll, vote: option}));

  /** Draw what is known of a poll. Without a message it was asked before there were cards in the place of messages. */
  function know(news) {
    const poll = {...polls.get(news.id), ...news};
    if (!poll.open && !poll.message && !polls.has(poll.id)) return; // it was closed before we joined
    polls.set(poll.id, poll);
    show(poll.channel, poll.id, () => html`<${Poll} poll=${poll} />`, {message: poll.message});
  }

  function Poll({poll: {id, channel, question, options, open, ends, vote}}) {
    const words = WORDS[api.language] ?? WORDS.en;
    const all = options.reduce((sum, {votes}) => sum + votes, 0);
    const most = Math.max(1, ...options.map(({votes}) => votes));
    const visible = vote || !open; // whether the result is
    const about = {target: channel, poll: id};
    const back = ({target}) => {
      target.closest(".box").querySelector("button").focus(); // this one goes
      call("unvote", about);
    };
    return html`
      <h3 dir="auto">${question}</h3>
      ${options.map(({text, votes}, at) => {
        const own = vote === at + 1;
        const share = visible && all ? `${Math.round((100 * votes) / all)} %` : "";
        const row = html`<bdi>${text}</bdi>${own && !open && html`<span class="hidden">${words.own}</span>`} <span>${share}</span>`;
        return html`<div class=${["choice", own && "own", !open && votes === most && "won"].filter(Boolean).join(" ")}>
          ${visible && html`<progress value=${votes} max=${all || 1} aria-label=${text} />`}
          ${open
            ? html`<button aria-pressed=${own} onClick=${() => own || call("vote", {...about, option: at + 1})}>${row}</button>`
            : html`<div>${row}</div>`}
        </div>`;
      })}
      <footer>
        <span>${words.count(all)}${ends && ` · ${words[open ? "closes" : "closed"](api.clock(ends), dayOf(ends, open))}`}</span>
        ${!open && html`<span class="hidden">${words.over}</span>`}
        ${open && (vote ? html`<button class="link" onClick=${back}>${words.back}</button>` : html`<span>${words.later}</span>`)}
      </footer>`;
  }

  /** The day of a time, unless that is today. soon: within a week. */
  function dayOf(time, soon) {
    const day = new Date(time);
    if (day.toDateString() === new Date().toDateString()) return "";
    return day.toLocaleDateString(api.language, soon ? {weekday: "long"} : {day: "numeric", month: "long"});
  }
}
