// Scenarios (比选方案): what would be, kept under a name, opened again, compared, handed on to be adopted.

import { h } from "../dom.js";
import { moment, number, page, t } from "../page.js";
import { ask, segment, Trouble } from "../server.js";
import { address, change, current } from "../url.js";
import { lay } from "./state.js";
import { trust } from "./whatif.js";

const FIRST = 8;

async function send(method, path, token, body) {
  let response;
  try {
    response = await fetch(`/api/v1/scenarios${path}?lang=${page.lang}`, {
      method,
      headers: { "Content-Type": "application/json", "X-CSRFToken": token },
      body: JSON.stringify(body),
    });
  } catch {
    throw new Trouble(t("error.network"));
  }
  const answer = await response.json().catch(() => ({ detail: t("error.network") }));
  if (!response.ok) throw new Trouble(answer.detail);
  return answer;
}

/** What an action is known by: sent again it is the same. */
function mark() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const text = [...bytes].map((one) => one.toString(16).padStart(2, "0")).join("");
  return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join("-");
}

/**
 * The section of scenarios; `whole()` gives the changes to keep, `open(id)` lays a scenario on the
 * map, `ready()` is called once it is known that a planner looks.
 */
export function keeping({ whole, open, ready }) {
  const said = h("p", { role: "status" });
  const name = h("input", { class: "form-control", name: "name", maxlength: 80, autocomplete: "off", required: true });
  const over = h("button", { type: "button", class: "btn btn-outline", hidden: true });
  const keep = h("button", { class: "btn btn-outline" }, t("plan.keep"));
  const adopt = h("button", { type: "button", class: "btn btn-accent" }, t("plan.adopt"));
  const form = h("form", { class: "plan-keep", hidden: true },
    h("h2", { class: "plan-head" }, t("plan.keep_title")),
    h("label", { class: "field" }, h("span", {}, t("plan.name")), name),
    h("div", { class: "plan-acts" }, keep, over, adopt),
    h("p", { class: "quiet" }, t("plan.adopt_about")));
  const list = h("div", {});
  const box = h("section", { class: "plan-scenarios", "aria-label": t("plan.scenarios") }, form, said, list);
  let known = null; // the answer: {csrf, may_make, scenarios}
  let some = false; // whether there is anything to keep
  let action = mark();
  let saved = null; // what was kept last: its changes as text, its address

  const tell = (sentence, bad) => {
    said.className = bad ? "notice" : "fine";
    said.textContent = sentence;
  };
  const mine = () => known?.scenarios.find(({ id, mine: own, adopted }) => id === current().scenario && own && !adopted);

  async function store(method, path, body) {
    const changes = whole();
    for (const button of [keep, over, adopt]) button.disabled = true;
    try {
      const found = await send(method, path, known.csrf, { ...body, changes, action });
      action = mark();
      saved = { text: JSON.stringify(changes), url: found.url };
      lay(found.id, found.changes);
      change({ scenario: found.id, ...(current().plan ? {} : { changes: "" }) }, { quietly: true });
      tell(t("plan.kept", { name: found.name }));
      await load();
      return found;
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      tell(error.message, true);
      return null;
    } finally {
      for (const button of [keep, over, adopt]) button.disabled = false;
    }
  }

  const make = () => store("POST", "", { name: name.value.trim() });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    make();
  });
  over.addEventListener("click", () => {
    const one = mine();
    if (one) store("PUT", `/${segment(one.id)}`, { version: one.version });
  });
  adopt.addEventListener("click", async () => {
    const same = saved?.text === JSON.stringify(whole());
    if (!same && !form.reportValidity()) return;
    const url = same ? saved.url : (await make())?.url;
    if (url) location.assign(page.lang === "en" ? `${url}?lang=en` : url);
  });

  function row(one) {
    const here = { tab: "plan", scenario: one.id, plan: "", changes: "" };
    const pressed = one.id === current().scenario;
    return h("li", {},
      h("label", { class: "plan-pick" },
        h("input", { type: "checkbox", value: one.id, "aria-label": t("plan.compare_this", { name: one.name }) })),
      h("a", {
        class: "plan-row", href: address(here), "aria-current": pressed ? "true" : null,
        onclick: (event) => {
          if (event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
          event.preventDefault();
          open(one.id);
        },
      }, h("span", { class: "plan-name" }, one.name),
      h("span", { class: "where" }, [
        t("plan.stations", { n: number(one.stations) }), moment(one.at), one.by,
        one.adopted > 0 && t("plan.adopted", { n: number(one.adopted) }),
      ].filter(Boolean).join(" · "))),
      h("a", { class: "plan-page", href: one.url }, t("plan.page")));
  }

  function draw() {
    const may = Boolean(known?.may_make);
    form.hidden = !may || !some;
    const own = mine();
    over.hidden = !own;
    if (own) {
      over.textContent = t("plan.keep_in", { name: own.name });
      if (!name.value) name.value = own.name;
    }
    if (!known) {
      list.replaceChildren(some ? h("p", { class: "quiet" }, t("plan.sign_in"), " ",
        h("a", { href: page.plan.signIn }, t("plan.sign_in_link"))) : "");
      return;
    }
    const compare = h("a", { class: "btn btn-outline", "aria-disabled": "true" }, t("plan.compare"));
    const rows = h("ul", { class: "plain plan-kept" }, known.scenarios.slice(0, FIRST).map(row));
    rows.addEventListener("change", () => {
      const two = [...rows.querySelectorAll(":checked")].map(({ value }) => value);
      if (two.length === 2) {
        compare.href = `${page.plan.scenarios}/compare?${new URLSearchParams({ a: two[0], b: two[1] })}`;
        compare.removeAttribute("aria-disabled");
      } else {
        compare.removeAttribute("href");
        compare.setAttribute("aria-disabled", "true");
      }
    });
    list.replaceChildren(...(known.scenarios.length ? [
      h("h2", { class: "plan-head" }, t("plan.scenarios")), rows,
      h("p", { class: "plan-acts" }, known.scenarios.length > 1 && compare,
        h("a", { class: "btn btn-outline", href: page.plan.scenarios }, t("plan.all_scenarios"))),
    ] : []));
  }

  async function load() {
    if (!page.plan.signedIn) return draw();
    try {
      known = await ask("scenarios", "scenarios");
      if (known.may_make) {
        trust(known.csrf);
        ready();
      }
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      if (error.status !== 401) tell(error.message, true);
    }
    return draw();
  }

  load();
  return {
    box,
    /** Show what can be kept; `anything` tells whether there is something to keep. */
    show(anything) {
      some = anything;
      draw();
    },
    /** Changes of a scenario; null, and said why, where it cannot be had. */
    async changesOf(id) {
      try {
        const { changes, name: called } = await ask("scenario", `scenarios/${segment(id)}`);
        tell(t("plan.opened", { name: called }));
        return changes;
      } catch (error) {
        if (!(error instanceof Trouble)) throw error;
        tell(error.status === 404 ? t("plan.no_scenario") : error.message, true);
        return null;
      }
    },
  };
}
