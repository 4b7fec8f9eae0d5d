// What the map says in one line: news outlive for a while what the layers have to say.

import { $ } from "./dom.js";

const NEWS_MS = 8000;
let until = 0;

/** Make the function that says a sentence; after `lasting` ones comes what `usual` returns. */
export function teller(usual) {
  return function note(sentence, { lasting = false } = {}) {
    if (!lasting && Date.now() < until) return;
    until = lasting ? Date.now() + NEWS_MS : 0;
    $("map-note").textContent = sentence;
    if (lasting) setTimeout(() => note(usual()), NEWS_MS + 1);
  };
}
