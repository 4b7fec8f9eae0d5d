// What went wrong, that nothing is lost, and the next step.

import { h } from "./dom.js";
import { t } from "./page.js";

const shown = new Map(); // notice → what it tries again

/** Try again all that stands there as failed: what one of them waits for, the others do too. */
function retry() {
  const live = [...shown].filter(([notice]) => notice.isConnected);
  shown.clear();
  for (const [, again] of live) again();
}

/** A notice with the sentence and, if there is something to try again, a button for it. */
export function failure(sentence, again) {
  const notice = h("div", { class: "failure", role: "alert" },
    h("strong", {}, t("error.title")),
    h("p", {}, sentence),
    again && h("button", { type: "button", class: "btn btn-outline", onclick: retry }, t("error.retry")),
  );
  if (again) shown.set(notice, again);
  return notice;
}
