// Adding by hand, going back a step, and the list of what was changed.

import { h, s } from "../dom.js";
import { number, t } from "../page.js";
import { symbol } from "../symbols.js";
import { canUndo, step, tooLong, undo } from "./state.js";

const does = (item) => {
  if (item.order) return t("plan.did_moved");
  if (item.isNew) return t("plan.did_added");
  if (item.status === "closed") return t("plan.did_closed");
  return t(item.from ? "plan.did_moved" : "plan.did_changed");
};

const sign = (...shapes) => s("svg", { viewBox: "0 0 20 20", "aria-hidden": "true" }, shapes);

/** What the signs of the plan on the map mean. */
const key = () => h("ul", { class: "plain plan-key" }, [
  ["plan.key_pin", s("path", { class: "key-full", d: "M10,19L5,11A6,6 0 1 1 15,11Z" })],
  ["plan.key_later", s("circle", { class: "key-hollow", cx: 10, cy: 10, r: 5 })],
  ["plan.key_free", s("rect", { class: "key-hollow", x: 5, y: 5, width: 10, height: 10 })],
  ["plan.key_changed", s("circle", { class: "key-hollow", cx: 10, cy: 10, r: 8 }), s("circle", { class: "key-dot", cx: 10, cy: 10, r: 4 })],
  ["plan.key_closed", s("path", { class: "key-closed", d: "M1,10H19" })],
].map(([text, ...shapes]) => h("li", {}, sign(...shapes), t(text))));

/** The bar; `act` = {add(on), centre(), pick(id), number(id)}. */
export function bar(act) {
  const add = h("button", {
    type: "button", class: "btn btn-outline", "aria-pressed": "false",
    onclick: () => act.add(add.getAttribute("aria-pressed") !== "true"),
  }, t("plan.add"));
  const back = h("button", { type: "button", class: "btn btn-outline", onclick: undo }, t("plan.undo"));
  const clear = h("button", { type: "button", class: "btn btn-outline", onclick: () => step({ changes: "", scenario: "" }) }, t("plan.clear"));
  const id = h("input", {
    class: "form-control", type: "search", maxlength: 200, autocomplete: "off", name: "number",
  });
  const more = h("details", { class: "how plan-more" }, h("summary", {}, t("plan.by_keyboard")),
    h("button", { type: "button", class: "btn btn-outline", onclick: act.centre }, t("plan.add_centre")),
    h("form", { class: "plan-number-form", onsubmit: (event) => {
      event.preventDefault();
      if (id.value.trim()) act.number(id.value.trim());
    } }, h("label", { class: "field" }, h("span", {}, t("plan.number")), id),
    h("button", { class: "btn btn-outline" }, t("plan.choose"))));
  const long = h("p", { class: "notice", hidden: true }, t("plan.too_long"));
  const list = h("div", {});
  const hint = h("p", { class: "quiet plan-hint" }, t("plan.hint"));
  const acts = h("div", { class: "plan-acts", role: "group", "aria-label": t("plan.by_hand") }, add, back, clear);
  const signs = h("details", { class: "how" }, h("summary", {}, t("plan.key")), key());
  const box = h("section", { class: "plan-bar", "aria-label": t("plan.by_hand") }, long, list, signs, more);
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && add.getAttribute("aria-pressed") === "true") act.add(false);
  });
  return {
    acts,
    hint,
    box,
    pressed: (on) => add.setAttribute("aria-pressed", String(on)),
    /** List the items that were changed by hand. */
    show(items, anything) {
      hint.hidden = anything;
      signs.hidden = !anything;
      back.hidden = !canUndo();
      clear.hidden = items.length === 0;
      long.hidden = !tooLong();
      const opened = list.querySelector("details")?.open;
      list.replaceChildren(...(items.length ? [h("details", { class: "how", open: opened },
        h("summary", {}, t("plan.changed", { n: number(items.length) })),
        h("ul", { class: "plain" }, items.map((item) => h("li", {}, h("button", {
          type: "button", class: "plan-row", onclick: () => act.pick(item.id),
        }, symbol(item.type, item.status), h("span", { class: "plan-name" },
          item.name ?? (item.number ? t("plan.proposal", { n: item.number }) : item.isNew ? t("plan.added") : item.id)),
        h("span", { class: "need" }, does(item)))))))] : []));
    },
  };
}
