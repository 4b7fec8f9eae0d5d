// What became of a visit that was sent: kept on this phone still, or received, with time and number.

import { h } from "../dom.js";
import { t } from "../page.js";
import { empty, foot, head } from "./frame.js";
import { dayOf, momentOf, orderPage, resultWord } from "./words.js";

const links = (stationId, order) => h("div", { class: "i-row" },
  h("a", { class: "btn btn-accent", href: "#/" }, t("i.to_list")),
  order && h("a", { class: "btn btn-outline", href: orderPage(order) }, t("i.order_see")),
  stationId && h("a", { class: "btn btn-outline", href: `#/h/${encodeURIComponent(stationId)}` }, t("i.history")));

/** Still on the phone. */
function waiting({ entry, store, sync }) {
  const { online, sending, signIn } = sync.state;
  if (entry.state === "refused") return refused({ entry, store });
  const now = entry.problem ?? (signIn ? t("i.sign_in") : online ? t("i.sending") : t("i.offline_send"));
  return [
    h("div", { class: "i-stamp is-waiting" }, h("span", { class: "i-stamp-sign", "aria-hidden": "true" }, "…"),
      h("h2", {}, t("i.kept_title")), h("p", {}, now)),
    h("p", { class: "quiet" }, entry.photos ? t("i.kept_photos", { n: entry.photos }) : "", t("i.kept_text")),
    h("div", { class: "i-row" },
      h("button", { class: `btn ${online ? "btn-accent" : "btn-outline"}`, type: "button", disabled: sending, onclick: () => sync.now() }, t("i.send_now")),
      h("a", { class: `btn ${online ? "btn-outline" : "btn-accent"}`, href: "#/" }, t("i.to_list"))),
  ];
}

/** Not taken by the server as it is: to be mended. */
function refused({ entry, store }) {
  const mend = async () => {
    if (await store.reopen(entry.id)) location.replace(`#/d/${entry.id}`);
  };
  return [
    h("div", { class: "i-stamp is-waiting" }, h("span", { class: "i-stamp-sign", "aria-hidden": "true" }, "!"),
      h("h2", {}, t("i.refused")), h("p", {}, entry.problem)),
    h("p", { class: "quiet" }, t("i.refused_text")),
    h("div", { class: "i-row" },
      h("button", { class: "btn btn-accent", type: "button", onclick: mend }, t("i.mend")),
      h("a", { class: "btn btn-outline", href: "#/" }, t("i.to_list"))),
  ];
}

/** What this visit did to the order that it re-inspected, or another one before. */
function decisionOn({ state, by_this: own }) {
  if (state === "cancelled") return "i.decided_cancelled";
  if (own) return state === "closed" ? "i.decided_closed" : "i.decided_returned";
  return state === "closed" ? "i.decided_before" : "i.decided_not";
}

/** Received. */
function received({ one, site }) {
  return [
    h("div", { class: "i-stamp" }, h("span", { class: "i-stamp-sign", "aria-hidden": "true" }, "✓"),
      h("h2", {}, t("i.received")), site && h("p", {}, site.name)),
    h("dl", { class: "facts i-card" },
      h("dt", {}, t("i.number")), h("dd", {}, h("b", {}, String(one.number))),
      h("dt", {}, t("i.at")), h("dd", {}, momentOf(one.at)),
      h("dt", {}, t("i.received_at")), h("dd", {}, momentOf(one.received_at)),
      one.result && !one.decided && [h("dt", {}, t("i.result")), h("dd", {}, resultWord(one.result))],
      one.failed?.length ? [h("dt", {}, t("i.failed_lines")), h("dd", {}, t("i.lines", { n: one.failed.length }))] : null),
    one.order && h("section", { class: "i-card" }, h("h2", {}, t("i.order_made")),
      h("p", {}, t("i.order_made_text", { number: one.order.number ?? "", n: one.order.lines?.length ?? 0, due: dayOf(one.order.due) }))),
    one.decided && h("section", { class: "i-card" }, h("h2", {}, t("i.decided")),
      h("p", {}, t(decisionOn(one.decided)))),
    (one.notes ?? []).map((note) => h("p", { class: "notice" }, note)),
    one.others?.length ? h("section", { class: "i-card" }, h("h2", {}, t("i.others")), h("p", { class: "quiet" }, t("i.others_text")),
      h("ul", { class: "i-rows" }, one.others.map((other) => h("li", {}, h("a", { href: `#/v/${other.id}` },
        h("b", {}, momentOf(other.at)), h("span", { class: "quiet" }, other.by ?? "")))))) : null,
    links(one.station_id, one.order?.id ?? one.decided?.order_id),
  ];
}

/** The screen #/r/VISIT. */
export async function receipt({ store, sync, box, id, alive }) {
  const body = h("div", { class: "i-body", "aria-live": "polite" });
  const below = foot({ store, sync });
  box.replaceChildren(h("div", { class: "i-fixed" }, head({ title: t("i.receipt") })), body, below.box);
  async function fill() {
    const one = await store.receipt(id);
    const entry = one ? null : (await store.outbox()).find((other) => other.id === id);
    const site = await store.kept(one?.station_id ?? entry?.station_id ?? "");
    if (!alive()) return;
    if (one) body.replaceChildren(...received({ one, site }).flat(Infinity).filter(Boolean));
    else if (entry) body.replaceChildren(...waiting({ entry, store, sync }));
    else body.replaceChildren(empty(t("i.no_receipt"), t("i.no_receipt_text"), links(null, null)));
    below.fill();
  }
  await fill();
  return { heard: fill };
}
