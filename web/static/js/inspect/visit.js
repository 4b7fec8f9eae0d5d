// One visit as it was sent, in the words of its own checklist; and all visits of a station, paged.

import { h } from "../dom.js";
import { t } from "../page.js";
import { empty, foot, head } from "./frame.js";
import { byItem } from "./lines.js";
import { strip, thumb } from "./photos_box.js";
import { momentOf, resultWord, stateWord, wayTo } from "./words.js";

const back = (stationId) => (stationId ? `#/h/${encodeURIComponent(stationId)}` : "#/");

function pictures(store, ids, alt) {
  if (!ids?.length) return null;
  const one = strip(store, { alt });
  one.fill(ids);
  return one.box;
}

/** Lines with an answer, by item. */
function lines(store, one) {
  return byItem(one.lines.filter(({ state }) => state && state !== "unknown")).map((item) =>
    h("section", { class: "i-card" }, h("div", { class: "i-item-head" }, h("h2", {}, item.title)),
      item.lines.map((line) => h("div", { class: "i-said" },
        h("p", {}, line.text), stateWord(line.state),
        line.same && h("span", { class: "tag" }, t("i.same_done")),
        line.note && h("p", { class: "i-said-note" }, line.note),
        pictures(store, line.photos, line.text)))));
}

/** What a visit found; one that looked at an order's lines alone has nothing to say of the rest. */
const resultOf = ({ result, order_id: order }) => result && !(order && result === "unknown") && resultWord(result);
const kindOf = (one) => [one.visit_name, one.order_id && t("i.reinspect")].filter(Boolean).join(" · ");

/** The screen #/v/VISIT. */
export async function visit({ store, sync, box, id, alive }) {
  const one = await store.visit(id);
  if (!alive()) return {};
  const below = foot({ store, sync });
  if (!one) {
    box.replaceChildren(head({ title: t("i.no_visit") }), empty(t("i.no_visit"), t("i.no_visit_text"),
      h("a", { class: "btn btn-accent", href: "#/" }, t("i.to_list"))));
    return {};
  }
  const open = one.lines.filter(({ state }) => !state || state === "unknown").length;
  const nameOf = (among, id) => among?.find((other) => other.id === id)?.name ?? id;
  const supplies = Object.entries(one.supplies ?? {}).map(([id, { count, condition }]) =>
    [nameOf(one.supply_names, id), [count, nameOf(one.conditions, condition)]]);
  box.replaceChildren(
    h("div", { class: "i-fixed" }, head({ title: one.station_name ?? one.name ?? t("i.visit"), about: `${kindOf(one)} · ${momentOf(one.at)}`, back: back(one.station_id) })),
    h("div", { class: "i-body" },
      one.voided && h("p", { class: "notice" }, one.voiding?.by
        ? t("i.voided_by", { why: one.voided, by: one.voiding.by }) : t("i.voided", { why: one.voided })),
      h("dl", { class: "facts i-card" },
        resultOf(one) && [h("dt", {}, t("i.result")), h("dd", {}, resultOf(one))],
        one.by && [h("dt", {}, t("i.by")), h("dd", {}, one.by)],
        h("dt", {}, t("i.at")), h("dd", {}, momentOf(one.at)),
        one.received_at && [h("dt", {}, t("i.received_at")), h("dd", {}, momentOf(one.received_at))],
        one.clock && one.claimed_at && [h("dt", {}, t("i.clock")), h("dd", {}, t("i.clock_wrong", { at: momentOf(one.claimed_at) }))],
        one.number && [h("dt", {}, t("i.number")), h("dd", {}, String(one.number))]),
      lines(store, one),
      open ? h("p", { class: "quiet" }, t("i.unanswered", { n: open })) : null,
      supplies.length ? h("section", { class: "i-card" }, h("h2", {}, t("i.supplies")), h("dl", { class: "facts" },
        supplies.map(([name, said]) => [h("dt", {}, name),
          h("dd", {}, said.filter((v) => v !== null && v !== undefined && v !== "").join(" · "))]))) : null,
      pictures(store, one.photos_of?.[""], t("i.visit")),
      one.note && h("section", { class: "i-card" }, h("h2", {}, t("i.visit_note")), h("p", { class: "i-said-note" }, one.note)),
      one.signature && h("section", { class: "i-card" }, h("h2", {}, t("i.signature")),
        h("div", { class: "i-photos" }, thumb(store, one.signature, t("i.signature"))), one.signed_post && h("p", {}, one.signed_post)),
      one.desk && !one.voided && h("p", {}, h("a", { class: "btn btn-outline", href: one.desk }, t("i.void")))),
    below.box);
  return { heard: below.fill };
}

/** The screen #/h/STATION. */
export async function history({ store, sync, box, id, alive }) {
  const site = await store.kept(id);
  const rows = h("ul", { class: "i-rows" });
  const more = h("button", { class: "btn btn-outline", type: "button", hidden: true }, t("i.earlier"));
  const body = h("div", { class: "i-body" });
  const below = foot({ store, sync });
  const card = h("section", { class: "i-card" }, rows, more);
  let before = null;
  let turn = 0;
  async function page() {
    const mine = turn;
    more.disabled = true;
    const found = await store.visits(id, { before });
    if (!alive() || mine !== turn) return;
    for (const one of found?.visits ?? []) {
      rows.append(h("li", {}, h("a", { href: `#/v/${one.id}` },
        h("span", { class: "i-row-head" }, h("b", {}, momentOf(one.at)), resultOf(one)),
        h("span", { class: "quiet" }, [kindOf(one), one.by, one.voided && t("i.voided_short")].filter(Boolean).join(" · ")))));
    }
    before = found?.next ?? null;
    more.hidden = !before;
    more.disabled = false;
    if (!rows.children.length) {
      body.replaceChildren(found ? empty(t("i.never"), t("i.never_text"), h("a", { class: "btn btn-accent", href: wayTo(id) }, t("i.start")))
        : empty(t("i.not_kept"), t("i.not_kept_text")));
    }
  }
  /** From the start: first those that this phone has not sent yet. */
  async function anew() {
    const mine = (turn += 1);
    const waiting = (await store.outbox()).filter((one) => one.station_id === id);
    if (!alive() || mine !== turn) return;
    before = null;
    rows.replaceChildren(...waiting.map((one) => h("li", {}, h("a", { href: `#/r/${one.id}` },
      h("b", {}, momentOf(one.finished_at)), h("span", { class: "quiet" }, t("i.waiting"))))));
    body.replaceChildren(card);
    await page();
  }
  more.addEventListener("click", page);
  box.replaceChildren(h("div", { class: "i-fixed" }, head({ title: site?.name ?? id, about: t("i.history") })), body, below.box);
  await anew();
  return {
    heard(news) {
      below.fill();
      if (news.kind === "receipt" || news.kind === "outbox") anew();
    },
  };
}
