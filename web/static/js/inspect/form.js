// The checklist of a station: kind of visit, lines in the document's order, supplies, note, signature.

import { h } from "../dom.js";
import { t } from "../page.js";
import { filling, kinds } from "./filling.js";
import { asked, byItem, clause, lineCard, typed } from "./lines.js";
import { review } from "./review.js";
import { signatureCard } from "./signature.js";
import { suppliesCard } from "./supplies.js";
import { checksItself, isPast, momentOf, orderPage, resultWord, shortDay, wayTo } from "./words.js";

/** What is known of the station before: the last visit, an order that waits. */
function before({ site, me }) {
  const { last } = site;
  const orders = site.orders ?? (site.order ? [site.order] : []);
  const self = checksItself(me);
  return [
    h("p", { class: "i-before" },
      last ? [h("span", {}, t("i.last_visit", { at: momentOf(last.at), visit: last.visit_name })), last.result && resultWord(last.result)]
        : h("span", { class: "quiet" }, t("i.never"))),
    h("p", { class: "i-before" }, h("span", { class: "quiet" }, site.address ?? ""),
      last && h("a", { class: "i-link", href: `#/h/${encodeURIComponent(site.station_id)}` }, t("i.history"))),
    orders.map((order) => h("div", { class: "notice i-order" },
      h("p", {}, t("i.order_open", { n: order.lines.length, state: t(`i.order.${order.state}`), due: shortDay(order.due) }),
        isPast(order.due) && h("b", {}, " ", t("i.order_late"))),
      self ? h("a", { class: "btn btn-outline", href: orderPage(order.id) }, t("i.order_see"))
        : h("a", { class: "btn btn-outline", href: wayTo(site.station_id, order.id) }, t("i.reinspect")))),
  ];
}

/** Note on the whole visit. */
export function noteCard({ change, draft }) {
  const field = h("textarea", { class: "form-control", id: "visit-note", rows: 3, maxlength: 1000 });
  const kept = typed(field, (words) => change((one) => { one.note = words.trim(); }));
  return {
    box: h("section", { class: "i-card form-field" }, h("label", { for: "visit-note" }, t("i.visit_note")), field),
    fill(one) {
      if (document.activeElement !== field && !kept.busy()) field.value = one.note ?? "";
    },
    flush: kept.now,
  };
}

/** The screen #/s/STATION. */
export const form = (context) => filling(context, {
  stationId: context.id,
  orderId: null,
  order: null,
  review,
  build(parts) {
    const { store, site, checklist, me, change, photo, drop } = parts;
    const lines = asked(checklist, site.type);
    const kind = kinds({ me, change });
    const cards = [];
    let group = null;
    const items = byItem(lines).map((item) => {
      const more = clause(item);
      const rows = item.lines.map((line) => {
        const card = lineCard({ store, line, last: site.lines?.[line.key], change, photo, drop });
        cards.push(card);
        return card.box;
      });
      const one = item.lines.length === 1 && item.lines[0].text === item.title;
      const begun = item.group && item.group !== group && h("p", { class: "i-group" }, item.group);
      group = item.group ?? group;
      return [begun, h("section", { class: `i-card${one ? " is-one" : ""}` },
        h("div", { class: "i-item-head" }, h("h2", {}, item.title), more.button), more.box, rows)];
    });
    const supplies = suppliesCard({ checklist, last: site.supplies, change });
    const note = noteCard(parts);
    const sign = signatureCard({ store, change, photo, drop });
    const extra = [supplies, note, sign].filter(Boolean);
    return {
      about: null,
      lines,
      nodes: [h("section", { class: "i-card i-top" }, before(parts), kind.box), items, extra.map(({ box }) => box)],
      fills: [kind, ...cards, ...extra],
    };
  },
});
