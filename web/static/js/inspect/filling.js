// What both forms share, a whole visit and a re-inspection: one draft, kept at every touch.

import { h } from "../dom.js";
import { t } from "../page.js";
import { bones, dialog, empty, foot, head, sure } from "./frame.js";
import { answered } from "./lines.js";
import { isTouched, signs } from "./store.js";
import { momentOf, resultWord } from "./words.js";

/** Where a draft that is no longer open can be seen: its receipt. */
const goTo = (draft) => location.replace(`#/r/${draft.id}`);

/** The bar of how many lines are answered; a tap goes to the next that is not. */
function progress(next) {
  const said = h("b", {});
  const bar = h("span", { class: "i-bar" }, h("span"));
  const words = h("span", { class: "i-next" });
  const box = h("button", { class: "i-progress", type: "button", onclick: next }, said, bar, words);
  return {
    box,
    fill(done, all) {
      said.textContent = t("i.progress", { done, all });
      bar.firstChild.style.inlineSize = `${all ? (100 * done) / all : 0}%`;
      box.classList.toggle("is-whole", done === all);
      words.textContent = t(done === all ? "i.all_answered" : "i.next");
    },
  };
}

/** Radio buttons of the kinds of visit; one kind alone is only said. */
export function kinds({ me, change }) {
  const inputs = new Map(me.visits.map(({ id }) => [id, h("input", { type: "radio", name: "visit-kind", value: id })]));
  for (const [id, input] of inputs) {
    input.addEventListener("change", () => change((draft) => {
      draft.visit = id;
      if (!signs(id)) draft.signed_post = "";
    }));
  }
  return {
    box: me.visits.length < 2 ? null : h("fieldset", { class: "i-switch is-plain i-kinds" },
      h("legend", { class: "visually-hidden" }, t("i.kind")),
      me.visits.map(({ id, name }) => h("label", {}, inputs.get(id), h("span", { class: "face" }, name)))),
    fill: (draft) => inputs.has(draft.visit) && (inputs.get(draft.visit).checked = true),
  };
}

/** What says that somebody else was here after the visit that this form shows as the last one. */
function newerVisit({ store, site, look }) {
  const box = h("div", { class: "notice i-newer", role: "status", hidden: true });
  return {
    box,
    fill(draft, now) {
      const newer = now?.last && now.seen && now.seen !== draft.seen && now.seen !== draft.id;
      box.hidden = !newer;
      if (!newer) return;
      box.replaceChildren(
        h("p", {}, t("i.newer", { at: momentOf(now.last.at), visit: now.last.visit_name }), " ",
          now.last.result && resultWord(now.last.result)),
        h("div", { class: "i-row" },
          h("a", { class: "btn btn-outline", href: `#/v/${now.seen}` }, t("i.newer_look")),
          h("button", { class: "btn btn-outline", type: "button", onclick: () => look(now) }, t("i.newer_take"))));
    },
  };
}

/**
 * Draw a form into the screen. `build(parts)` makes what is between head and foot and returns
 * {nodes, fills: [{fill(draft), flush?}], lines: [Line]}; `review(parts)` opens what comes before sending.
 */
export async function filling({ store, sync, me, box, alive, draftId = null }, { stationId, orderId, order, build, review }) {
  box.replaceChildren(head({ title: t("i.opening") }), bones());
  // what was begun of a station that is no longer in one's charge can still be seen
  let site = await store.site(stationId) ?? (draftId ? await store.kept(stationId) : null);
  if (!alive()) return {};
  if (!site) {
    box.replaceChildren(head({ title: t("i.no_site") }), empty(t("i.no_site"), t("i.no_site_text"),
      h("a", { class: "btn btn-accent", href: "#/" }, t("i.to_list"))));
    return {};
  }
  let draft = (draftId && await store.find(draftId)) || await store.draft(stationId, orderId);
  const checklist = await store.checklist(draft.checklist ?? site.checklist ?? me.checklist);
  if (!alive()) return {};
  if (!checklist) {
    box.replaceChildren(head({ title: site.name }), empty(t("i.no_checklist"), t("i.no_checklist_text"),
      h("a", { class: "btn btn-accent", href: "#/" }, t("i.to_list"))));
    return {};
  }

  let parts = null;
  let left = false; // on purpose, from here
  let told = false; // that what was entered last came too late
  const adding = new Set();
  let { online } = sync.state;
  const fills = [];
  const fill = () => {
    for (const one of fills) one.fill(draft, site);
    bar.fill(answered(draft, parts.lines), parts.lines.length);
  };
  /** Say what could not be kept; what another window sent or dropped is shown instead. */
  const failed = (error) => {
    if (!alive()) return;
    if (error.gone) {
      if (told || left) return;
      told = true;
      dialog({ title: t("i.late"), kind: "is-small", body: h("p", {}, error.sentence), onclose: () => goTo(draft) });
      return;
    }
    console.error(error);
    fill();
    dialog({ title: t("error.title"), kind: "is-small", body: h("p", {}, error.sentence ?? t("i.broken")) });
  };
  const change = async (fn) => {
    try {
      draft = await store.change(draft.id, fn);
      if (alive()) fill();
    } catch (error) {
      failed(error);
    }
  };
  const photo = async (key, file) => {
    const work = store.addPhoto(draft.id, key, file);
    adding.add(work);
    try {
      await work;
    } catch (error) {
      if (!error.gone) throw error;
      failed(error);
    } finally {
      adding.delete(work);
    }
    await look();
  };
  const drop = async (photoId) => {
    await store.removePhoto(draft.id, photoId);
    await look();
  };
  /** Read the draft anew; if another window has sent or dropped it, show that. */
  async function look() {
    const now = await store.find(draft.id);
    if (!alive() || left) return;
    if (now) {
      draft = now;
      fill();
      return;
    }
    // what was typed or taken in this window meanwhile is not kept: that is said before it goes
    await Promise.allSettled([flush(), ...adding]);
    if (alive() && !told && !left) goTo(draft);
  }
  const flush = () => Promise.all(fills.map((one) => one.flush?.()));
  const next = () => {
    const open = parts.lines.find(({ key }) => !draft.answers[key] || draft.answers[key] === "unknown");
    const to = document.getElementById(open ? `line-${open.key}` : "visit-note");
    to?.scrollIntoView({ block: "center" });
    to?.focus({ preventScroll: true });
  };
  const bar = progress(next);
  const newer = newerVisit({
    store, site,
    look: async (now) => {
      await change((kept) => { kept.seen = now.seen; });
      dispatchEvent(new HashChangeEvent("hashchange"));
    },
  });
  const drops = h("button", {
    class: "i-more is-danger", type: "button",
    onclick: async () => {
      if (!(await sure({ title: t("i.discard"), text: t("i.discard_text"), yes: t("i.discard") }))) return;
      left = true;
      await store.discard(draft.id);
      location.replace("#/");
    },
  }, t("i.discard"));
  const shared = {
    store, sync, me, site, checklist, change, photo, drop, order,
    draft: () => draft,
  };
  parts = build(shared);
  const submit = h("button", {
    class: "btn btn-accent i-submit", type: "button",
    onclick: async () => {
      await flush();
      if (!answered(draft, parts.lines)) {
        dialog({ title: t("i.nothing"), kind: "is-small", body: h("p", {}, t("i.nothing_text")) });
        return;
      }
      review({ ...shared, site, lines: parts.lines, finish });
    },
  }, t("i.submit"));
  async function finish() {
    await store.finish(draft.id);
    goTo(draft);
  }
  const below = foot({ store, sync, button: submit });
  fills.push(...parts.fills);
  box.replaceChildren(
    h("div", { class: "i-fixed" },
      head({ title: site.name, about: [site.type_name, parts.about].filter(Boolean).join(" · "), back: "#/" }), bar.box),
    h("div", { class: "i-body" }, newer.box, parts.nodes, drops), below.box);
  /** What the form stands beside: the newest visit, unless it is another's that came since. */
  const stand = async () => {
    const own = site.seen && draft.seen !== site.seen && (!isTouched(draft) || await store.receipt(site.seen));
    if (own && alive()) await change((kept) => { kept.seen = site.seen; });
    else newer.fill(draft, site);
  };
  fill();
  await stand();
  const again = async () => {
    const now = await store.site(stationId);
    if (!now || !alive()) return;
    site = now;
    await stand();
  };
  addEventListener("pagehide", flush);
  return {
    async heard(news) {
      below.fill();
      if (news.id === draft.id) await look();
      if (news.kind === "sync" && sync.state.online && !online) await again();
      online = sync.state.online;
    },
    leave() {
      flush();
      removeEventListener("pagehide", flush);
    },
  };
}
