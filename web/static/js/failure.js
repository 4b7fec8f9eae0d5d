// What went wrong, that nothing is lost, and the next step.

import { h } from "./dom.js";
import { t } from "./page.js";

/** A notice with the sentence and, if there is something to try again, a button for it. */
export function failure(sentence, again) {
  return h("div", { class: "failure", role: "alert" },
    h("strong", {}, t("error.title")),
    h("p", {}, sentence),
    again && h("button", { type: "button", class: "btn btn-outline", onclick: again }, t("error.retry")),
  );
}
