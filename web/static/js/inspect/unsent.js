// What is on this phone: visits begun, visits that wait for the line, and the last receipts.

import { h } from "../dom.js";
import { t } from "../page.js";
import { empty, foot, head, sure } from "./frame.js";
import { isTouched } from "./store.js";
import { momentOf } from "./words.js";

const RECEIPTS = 20;

const said = (draft) => Object.values(draft.answers).filter((state) => state !== "unknown").length;

const row = (href, name, about, problem = null) => h("a", { href }, h("b", {}, name), h("span", { class: "quiet" }, about),
  problem && h("span", { class: "field-error" }, problem));

/** The screen #/out. */
export async function unsent({ store, sync, box, alive }) {
  const body = h("div", { class: "i-body" });
  const below = foot({ store, sync });
  box.replaceChildren(h("div", { class: "i-fixed" }, head({ title: t("i.unsent_title") })), body, below.box);
  const nameOf = async (one) => one.name ?? (await store.kept(one.station_id))?.name ?? one.station_id;
  const named = (ones) => Promise.all(ones.map(async (one) => [one, await nameOf(one)]));
  const drop = async (draft) => {
    if (await sure({ title: t("i.discard"), text: t("i.discard_text"), yes: t("i.discard") })) {
      await store.discard(draft.id);
      await fill();
    }
  };
  async function fill() {
    const [waiting, begun, done] = await Promise.all([
      store.outbox().then(named),
      store.drafts().then((all) => named(all.filter(isTouched))),
      store.receipts().then((all) => named(all.slice(0, RECEIPTS))),
    ]);
    if (!alive()) return;
    const parts = [
      waiting.length && h("section", { class: "i-card" }, h("h2", {}, t("i.waiting")),
        h("ul", { class: "i-rows" }, waiting.map(([one, name]) => h("li", {},
          row(`#/r/${one.id}`, name, [t("i.finished", { at: momentOf(one.finished_at) }), one.photos && t("i.photos", { n: one.photos })].filter(Boolean).join(" · "), one.problem)))),
        h("button", { class: "btn btn-accent", type: "button", disabled: sync.state.sending, onclick: () => sync.now() }, t("i.send_now"))),
      begun.length && h("section", { class: "i-card" }, h("h2", {}, t("i.begun")),
        h("ul", { class: "i-rows" }, begun.map(([one, name]) => h("li", { class: "has-side" },
          row(`#/d/${one.id}`, name, t("i.begun_at", { at: momentOf(one.started_at), n: said(one) })),
          h("button", { class: "i-more is-danger", type: "button", onclick: () => drop(one), "aria-label": t("i.discard_of", { what: name }) }, t("i.discard_short")))))),
      done.length && h("section", { class: "i-card" }, h("h2", {}, t("i.receipts")),
        h("ul", { class: "i-rows" }, done.map(([one, name]) => h("li", {},
          row(`#/r/${one.id}`, name, t("i.receipt_row", { number: one.number, at: momentOf(one.received_at) })))))),
    ].filter(Boolean);
    body.replaceChildren(...(parts.length ? parts
      : [empty(t("i.all_sent"), t("i.all_sent_text"), h("a", { class: "btn btn-accent", href: "#/" }, t("i.to_list")))]));
    below.fill();
  }
  await fill();
  return { heard: fill };
}
