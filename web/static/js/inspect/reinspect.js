// Re-inspection of an order: its lines alone, the old picture left, the new one right.

import { h } from "../dom.js";
import { t } from "../page.js";
import { empty, head } from "./frame.js";
import { filling, kinds } from "./filling.js";
import { noteCard } from "./form.js";
import { byItem, clause, lineCard } from "./lines.js";
import { strip } from "./photos_box.js";
import { review } from "./review.js";
import { signatureCard } from "./signature.js";
import { orderOf } from "./sites.js";
import { dayOf, isPast, momentOf } from "./words.js";

/** What was ordered, until when, and what the unit has answered. */
function ordered(store, order) {
  const pictures = order.photos?.length ? strip(store, { alt: t("i.answer_photo") }) : null;
  pictures?.fill(order.photos);
  return [
    h("p", {}, h("b", {}, t(`i.order.${order.state}`)), " · ", t("i.order_until", { due: dayOf(order.due) }),
      isPast(order.due) && h("b", { class: "i-late" }, " ", t("i.order_late"))),
    order.note && h("p", { class: "quiet" }, order.note),
    order.answer ? h("blockquote", {}, h("p", { class: "quiet" }, t("i.answer", { at: momentOf(order.answered_at) })), h("p", {}, order.answer), pictures?.box)
      : h("p", { class: "quiet" }, t("i.no_answer")),
  ];
}

/** The order: of the station that the address names, else wherever the phone finds it. */
async function find(store, id, stationId) {
  const site = stationId && await store.site(stationId);
  const order = orderOf(site, id);
  return order ? { ...order, station_id: site.station_id } : store.order(id);
}

/** The screen #/o/ORDER or #/o/ORDER/STATION. */
export async function reinspect(context) {
  const { store, id, stationId, box, alive } = context;
  const order = await find(store, id, stationId);
  if (!alive()) return {};
  if (!order) {
    box.replaceChildren(head({ title: t("i.no_order") }), empty(t("i.no_order"), t("i.no_order_text"),
      h("a", { class: "btn btn-accent", href: "#/" }, t("i.to_list"))));
    return {};
  }
  // as it was when it was ordered; without a network, as it was seen last
  const first = order.inspection_id ? await store.visit(order.inspection_id).catch(() => null) : null;
  if (!alive()) return {};
  const found = (key) => first?.lines.find((line) => line.key === key)?.photos;
  return filling(context, {
    stationId: order.station_id,
    orderId: id,
    order,
    review,
    build(parts) {
      const { site, checklist, me, change, photo, drop } = parts;
      const kind = kinds({ me, change });
      const wanted = new Set(order.lines);
      // whatever type the station is of by now: it was asked of it
      const lines = checklist.lines.filter(({ key }) => wanted.has(key));
      const missing = order.lines.length - lines.length;
      const cards = [];
      const items = byItem(lines).map((item) => {
        const more = clause(item);
        return h("section", { class: "i-card" },
          h("div", { class: "i-item-head" }, h("h2", {}, item.title), more.button), more.box,
          item.lines.map((line) => {
            const last = site.lines?.[line.key];
            const card = lineCard({
              store, line, last, change, photo, drop, old: found(line.key) ?? last?.photos ?? [],
            });
            cards.push(card);
            return card.box;
          }));
      });
      const note = noteCard(parts);
      const sign = signatureCard({ store, change, photo, drop });
      return {
        about: t("i.reinspect"),
        lines,
        nodes: [
          h("section", { class: "i-card i-top" }, ordered(store, order), kind.box),
          missing ? h("p", { class: "notice" }, t("i.lines_gone", { n: missing })) : null,
          items, note.box, sign.box,
        ].filter(Boolean),
        fills: [kind, ...cards, note, sign],
      };
    },
  });
}
