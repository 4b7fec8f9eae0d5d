// Count and condition of the supplies, as found.

import { h } from "../dom.js";
import { t } from "../page.js";

const MOST = 999;

/** Card of one supply: a counter for the thumb, and its condition. */
function row({ supply, conditions, last, change }) {
  const field = h("input", {
    class: "form-control", type: "text", inputmode: "numeric", maxlength: 3, placeholder: "–",
    "aria-label": t("i.count_of", { what: supply.name }),
  });
  const set = (fn) => change((draft) => {
    const next = { ...(draft.supplies[supply.id] ?? {}), ...fn(draft.supplies[supply.id] ?? {}) };
    for (const name of Object.keys(next)) if (next[name] === null) delete next[name];
    if (Object.keys(next).length) draft.supplies[supply.id] = next;
    else delete draft.supplies[supply.id];
  });
  const step = (by) => set(({ count }) => ({
    count: Math.min(Math.max((count ?? (by > 0 ? 0 : 1)) + by, 0), MOST),
  }));
  field.addEventListener("change", () => {
    const count = Number(field.value.trim());
    const ok = field.value.trim() !== "" && Number.isInteger(count) && count >= 0 && count <= MOST;
    set(() => ({ count: ok ? count : null }));
    if (!ok) field.value = "";
  });
  const inputs = new Map(conditions.map(({ id }) => [id, h("input", { type: "radio", name: `c-${supply.id}`, value: id })]));
  for (const [id, input] of inputs) {
    input.addEventListener("change", () => set(() => ({ condition: id })));
    // tapped again: not said
    input.addEventListener("click", () => {
      if (input.dataset.was === "1") set(() => ({ condition: null }));
    });
  }
  const was = last && [last.count ?? null, conditions.find(({ id }) => id === last.condition)?.name ?? null].filter((v) => v !== null).join(" · ");
  const box = h("div", { class: "i-supply" },
    h("div", { class: "i-ask" },
      h("h3", {}, supply.name, was && h("span", { class: "quiet" }, t("i.last_short", { what: was }))),
      h("div", { class: "i-counter" },
        h("button", { type: "button", "aria-label": t("i.less_of", { what: supply.name }), onclick: () => step(-1) }, "−"),
        field,
        h("button", { type: "button", "aria-label": t("i.more_of", { what: supply.name }), onclick: () => step(1) }, "+"))),
    conditions.length ? h("fieldset", { class: "i-switch is-plain" },
      h("legend", { class: "visually-hidden" }, t("i.condition_of", { what: supply.name })),
      conditions.map(({ id, name }) => h("label", {}, inputs.get(id), h("span", { class: "face" }, name)))) : null);
  return {
    box,
    fill(draft) {
      const { count = null, condition = null } = draft.supplies[supply.id] ?? {};
      if (document.activeElement !== field || field.value !== String(count ?? "")) field.value = count ?? "";
      for (const [id, input] of inputs) {
        input.checked = id === condition;
        input.dataset.was = id === condition ? "1" : "";
      }
    },
  };
}

/** All supplies of a checklist; null where it names none. */
export function suppliesCard({ checklist, last, change }) {
  if (!checklist.supplies?.length) return null;
  const rows = checklist.supplies.map((supply) =>
    row({ supply, conditions: checklist.conditions ?? [], last: last?.[supply.id], change }));
  return {
    box: h("section", { class: "i-card" }, h("div", { class: "i-item-head" }, h("h2", {}, t("i.supplies"))),
      rows.map(({ box }) => box)),
    fill: (draft) => rows.forEach((one) => one.fill(draft)),
  };
}
