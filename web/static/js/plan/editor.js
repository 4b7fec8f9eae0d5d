// One station as it would be: its type, its status and its place, by hand or by the keyboard.

import { h } from "../dom.js";
import { page, t } from "../page.js";
import { symbol } from "../symbols.js";
import { nudged } from "./hand.js";

const field = (label, wide, control) => h("label", { class: wide ? "field is-wide" : "field" },
  h("span", {}, label), control);

function select(value, choices, changed) {
  return h("select", { class: "form-select", onchange: (event) => changed(event.target.value) },
    choices.map(({ id, name }) => h("option", { value: id, selected: id === value }, name)));
}

function degrees(name, value, most, changed) {
  return h("input", {
    class: "form-control", type: "number", step: "0.00001", min: -most, max: most, name,
    value: value.toFixed(6), inputmode: "decimal",
    onchange: (event) => {
      const { valueAsNumber, validity } = event.target;
      if (Number.isFinite(valueAsNumber) && !validity.rangeOverflow && !validity.rangeUnderflow) {
        changed({ [name]: valueAsNumber });
      } else event.target.value = value.toFixed(6);
    },
  });
}

/**
 * Card of an item {id, name, type, status, lon, lat, order, number, isNew, isChanged}. `act` = {set(values),
 * nudge(place), drop(), restore(), close()}.
 */
export function editor(item, act) {
  const title = item.number ? t("plan.proposal", { n: item.number }) : item.isNew ? t("plan.added") : null;
  const statuses = Object.entries(page.statuses).map(([id, name]) => ({ id, name }));
  const keys = h("button", {
    type: "button", class: "btn btn-outline plan-keys",
    onkeydown: (event) => {
      const place = nudged(item, event);
      if (!place) return;
      event.preventDefault();
      act.nudge(place);
    },
  }, t("plan.keys"));
  return h("article", { class: "plan-editor", "aria-label": item.name ?? title },
    h("header", {},
      h("h2", { tabindex: -1 }, symbol(item.type, item.status), item.name ?? title),
      h("button", { type: "button", class: "icon-button", "aria-label": t("map.close"), onclick: act.close }, "×")),
    h("p", { class: "quiet" }, [item.name && title, item.where].filter(Boolean).join(" · ") || t("plan.drag")),
    h("div", { class: "plan-fields" },
      field(t("station.type"), item.isNew, select(item.type, page.types, (type) => act.set({ type }))),
      !item.isNew && field(t("station.status"), false, select(item.status, statuses, (status) => act.set({ status }))),
      field(t("plan.lon"), false, degrees("lon", item.lon, 180, act.set)),
      field(t("plan.lat"), false, degrees("lat", item.lat, 90, act.set))),
    h("div", { class: "plan-acts" },
      keys,
      item.isNew
        ? h("button", { type: "button", class: "btn btn-outline", onclick: act.drop }, t(item.order ? "plan.drop" : "plan.remove"))
        : item.status !== "closed" && h("button", {
          type: "button", class: "btn btn-outline", onclick: () => act.set({ status: "closed" }),
        }, t("plan.close_station")),
      item.isChanged && h("button", { type: "button", class: "btn btn-outline", onclick: act.restore }, t("plan.restore"))));
}
