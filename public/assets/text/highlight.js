// Asks a worker for the colours of code, block by block, and replaces a worker that takes too long.

import {trusted} from "../net/worker_url.js";

const PATIENCE = 300; // ms for a block, once its grammar is there
const LOADING = 10_000; // ms for that

let worker = null;
let last = null; // a promise of when the worker is free

/** The promise of a tree of strings and {scope, children}; null if the code stays as it was typed. */
export function highlight(text, language) {
  last = Promise.resolve(last).catch(() => {}).then(() => ask(text, language));
  return last;
}

function ask(text, language) {
  return new Promise((done) => {
    worker ??= new Worker(trusted(new URL("./highlight_worker.js", import.meta.url)), {type: "module"});
    let timer = setTimeout(end, LOADING);
    function end() {
      worker.terminate();
      worker = null;
      done(null);
    }
    worker.onerror = () => {
      clearTimeout(timer);
      end();
    };
    worker.onmessage = ({data}) => {
      clearTimeout(timer);
      if (data === "begins") timer = setTimeout(end, PATIENCE);
      else done(data);
    };
    worker.postMessage({text, language});
  });
}
