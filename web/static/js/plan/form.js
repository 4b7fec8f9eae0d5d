// What a plan is asked for: where, how many, and whether points may stand without a host.

import { h } from "../dom.js";
import { page, t } from "../page.js";
import { ask, segment, Trouble } from "../server.js";

const TYPING_MS = 250;
const names = new Map(); // of streets, by their id

async function nameOf(id) {
  if (!names.has(id)) {
    const street = await ask(`plan-street/${id}`, `streets/${segment(id)}`).catch((error) => {
      if (!(error instanceof Trouble)) throw error;
      return { name: id };
    });
    names.set(id, street.name);
  }
  return names.get(id);
}

/** Box in which streets are chosen by their names; `streets` are the ids, changed in place. */
function streetsBox(streets, district) {
  const chips = h("ul", { class: "plain plan-chips" });
  const found = h("ul", { class: "plain plan-found", role: "group", "aria-label": t("plan.found_streets") });
  const said = h("p", { class: "quiet", role: "status" });
  const words = h("input", {
    class: "form-control", type: "search", maxlength: 100, autocomplete: "off", placeholder: t("plan.street_words"),
  });

  function draw() {
    chips.replaceChildren(...streets.map((id) => {
      const label = h("span", {}, names.get(id) ?? id);
      nameOf(id).then((name) => { label.textContent = name; });
      return h("li", {}, h("button", {
        type: "button", class: "chip", onclick: () => {
          streets.splice(streets.indexOf(id), 1);
          draw();
          words.focus();
        },
      }, label, h("span", { "aria-hidden": "true" }, "×"), h("span", { class: "visually-hidden" }, t("plan.take_off"))));
    }));
  }

  function add(street) {
    names.set(street.street_id, street.name);
    if (!streets.includes(street.street_id)) streets.push(street.street_id);
    found.replaceChildren();
    words.value = "";
    said.textContent = "";
    draw();
    words.focus();
  }

  async function look() {
    const q = words.value.trim();
    found.replaceChildren();
    said.textContent = "";
    if (!q) return;
    try {
      const answer = await ask("plan-streets", "streets", { q, district: district(), limit: 6 });
      found.replaceChildren(...answer.streets.map((street) => h("li", {}, h("button", {
        type: "button", onclick: () => add(street),
      }, street.name, h("span", { class: "quiet" }, [...street.classes, ...street.districts].join(" · "))))));
      said.textContent = answer.total ? "" : t("list.none_title");
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      said.textContent = error.message;
    }
  }

  let timer = 0;
  words.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, TYPING_MS);
  });
  words.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    found.querySelector("button")?.click();
  });
  draw();
  return h("div", { class: "plan-streets" },
    h("label", { class: "field" }, h("span", {}, t("plan.streets")), words), said, found, chips);
}

/** The form, filled with what was asked; `sent({district, budget, free, streets})` when it is sent. */
export function planForm({ district, budget, free, streets }, sent) {
  const chosen = [...streets];
  const county = h("select", { class: "form-select", name: "district" },
    h("option", { value: "" }, t("plan.whole_city")),
    page.districts.map(({ id, name }) => h("option", { value: id, selected: id === district }, name)));
  const count = h("input", {
    class: "form-control", type: "number", name: "budget", min: 1, max: 100000, step: 1, value: budget ?? 20,
    inputmode: "numeric", "aria-label": t("plan.budget"),
  });
  const goal = (value, label, ...more) => h("label", { class: "plan-goal" },
    h("input", { type: "radio", name: "goal", value, checked: (budget === null) === (value === "all") }),
    h("span", {}, label), more);
  const few = goal("few", t("plan.at_most"), count, h("span", { class: "quiet" }, t("plan.points", { point: page.point })));
  const loose = h("input", { type: "checkbox", name: "free", checked: free });
  const form = h("form", { class: "plan-form" },
    page.districts.length > 1 && h("label", { class: "field" }, h("span", {}, t("plan.where")), county),
    streetsBox(chosen, () => county.value),
    h("fieldset", {}, h("legend", {}, t("plan.goal")), goal("all", t("plan.close_all")), few),
    h("label", { class: "plan-goal" }, loose, h("span", {}, t("plan.free"),
      h("small", { class: "quiet" }, t("plan.free_about")))),
    h("button", { class: "btn btn-accent" }, t("plan.make")));
  count.addEventListener("focus", () => { few.querySelector("[type=radio]").checked = true; });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const all = new FormData(form).get("goal") === "all";
    sent({
      district: county.value,
      budget: all ? null : Math.max(Math.floor(count.valueAsNumber) || 1, 1),
      free: loose.checked,
      streets: chosen,
    });
  });
  return form;
}
