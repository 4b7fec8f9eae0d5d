// The inspector's screens: which one the address names, and how they follow what the engine tells.

import { h } from "../dom.js";
import { t } from "../page.js";
import { empty, strip } from "./frame.js";
import { form } from "./form.js";
import { list } from "./list.js";
import { receipt } from "./receipt.js";
import { reinspect } from "./reinspect.js";
import { unsent } from "./unsent.js";
import { history, visit } from "./visit.js";

/** The screen #/d/DRAFT: what was begun, also where a station has two of them. */
async function begun(context) {
  const draft = await context.store.find(context.id);
  if (!context.alive()) return {};
  if (!draft) {
    location.replace(`#/r/${context.id}`);
    return {};
  }
  const { station_id: stationId, order_id: orderId } = draft;
  return orderId ? reinspect({ ...context, id: orderId, stationId, draftId: draft.id })
    : form({ ...context, id: stationId, draftId: draft.id });
}

const ROUTES = [
  [/^#\/s\/([^/]+)$/, form],
  [/^#\/o\/([^/]+)(?:\/([^/]+))?$/, reinspect],
  [/^#\/d\/([^/]+)$/, begun],
  [/^#\/v\/([^/]+)$/, visit],
  [/^#\/h\/([^/]+)$/, history],
  [/^#\/r\/([^/]+)$/, receipt],
  [/^#\/out$/, unsent],
];

function found() {
  for (const [pattern, screen] of ROUTES) {
    const match = pattern.exec(location.hash);
    if (match) return [screen, ...match.slice(1).map((part) => decodeURIComponent(part ?? ""))];
  }
  return [list, "", ""];
}

/** Draw the screen of the address into `root`, and the next one whenever it changes. */
export function open({ store, sync, me, root }) {
  const line = strip({ sync });
  const stage = h("div", { class: "i-stage" });
  root.replaceChildren(line.box, stage);
  let shown = null;
  let turn = 0;

  async function show() {
    const mine = (turn += 1);
    shown?.leave?.();
    shown = null;
    document.querySelectorAll("dialog.i-dialog[open]").forEach((box) => box.close());
    const [screen, id, stationId = ""] = found();
    const box = h("div", { class: "i-screen" });
    stage.replaceChildren(box);
    scrollTo(0, 0);
    const context = { store, sync, me, box, id, stationId, alive: () => mine === turn };
    let one = null;
    try {
      one = await screen(context);
    } catch (error) {
      if (mine !== turn) return;
      console.error(error);
      box.replaceChildren(empty(t("error.title"), error.sentence ?? t("i.broken"),
        h("button", { class: "btn btn-accent", type: "button", onclick: show }, t("error.retry")),
        h("a", { class: "btn btn-outline", href: "#/" }, t("i.to_list"))));
    }
    if (mine !== turn) one?.leave?.();
    else shown = one;
  }

  store.on((news) => {
    line.fill();
    shown?.heard?.(news);
  });
  addEventListener("hashchange", show);
  return show();
}
