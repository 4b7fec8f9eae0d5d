// Lines of a checklist on the form: the requirement, its answer, pictures and a note, and last time's.

import { h } from "../dom.js";
import { t } from "../page.js";
import { ICONS, icon } from "./frame.js";
import { shutter, strip } from "./photos_box.js";
import { SIGNS, shortDay, stateWord } from "./words.js";

const NOTE_MS = 400; // a pause in typing after which the note is kept

/** Lines of a checklist that concern a type of station, in the document's order. */
export const asked = (checklist, type) =>
  checklist.lines.filter(({ site_types: types }) => !types?.length || types.includes(type));

export const answered = (draft, lines) =>
  lines.filter(({ key }) => draft.answers[key] && draft.answers[key] !== "unknown").length;

/** Lines by item, each once, in order: [{item, title, group, lines}]. */
export function byItem(lines) {
  const items = new Map();
  for (const line of lines) {
    if (!items.has(line.item)) items.set(line.item, { ...line, lines: [] });
    items.get(line.item).lines.push(line);
  }
  return [...items.values()];
}

/** Call `keep` with the text once typing pauses, and at once when the field is left. */
export function typed(field, keep) {
  let waiting = null;
  const now = () => {
    if (waiting === null) return null;
    clearTimeout(waiting);
    waiting = null;
    return keep(field.value);
  };
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(now, NOTE_MS);
  });
  field.addEventListener("blur", now);
  return { now, busy: () => waiting !== null };
}

/** The switch of a line: radio buttons with a sign and a word each. */
export function answerSwitch({ name, label, states, choose }) {
  const inputs = new Map();
  const box = h("fieldset", { class: "i-switch" }, h("legend", { class: "visually-hidden" }, label),
    states.map((state) => {
      const input = h("input", { type: "radio", name, value: state });
      input.addEventListener("change", () => choose(state));
      inputs.set(state, input);
      return h("label", { class: `is-${state}` }, input,
        h("span", { class: "face" }, h("b", { "aria-hidden": "true" }, SIGNS[state]), t(`i.state.${state}`)));
    }));
  return { box, fill: (state) => { inputs.get(inputs.has(state) ? state : "unknown").checked = true; } };
}

/** What the last visit said of a line, and the way to say it again having looked. */
function lastTime({ store, last, again }) {
  const known = last && last.state && last.state !== "unknown";
  const same = known && h("button", { class: "i-same", type: "button", "aria-pressed": "false", onclick: again }, t("i.same"));
  const pictures = last?.photos?.length ? strip(store, { alt: t("i.photo_last") }) : null;
  pictures?.fill(last.photos);
  const box = known && h("div", { class: "i-last" },
    h("p", {}, h("span", { class: "quiet" }, t("i.last", { day: shortDay(last.at) })), stateWord(last.state),
      last.note && h("span", { class: "i-last-note" }, last.note)),
    pictures?.box, same);
  return { box, same };
}

/** What failed and what is there now, side by side. */
function pair({ store, old, news, text, take }) {
  const before = strip(store, { alt: t("i.photo_before") });
  before.fill(old);
  return h("div", { class: "i-pair" },
    h("figure", {}, h("figcaption", {}, t("i.photo_before")), before.box,
      old.length ? null : h("p", { class: "i-none" }, t("i.photo_none"))),
    h("figure", {}, h("figcaption", {}, t("i.photo_now")), news,
      shutter({ label: t("i.photo_of", { what: text }), take, words: t("i.photo_take") })));
}

/**
 * Card of one line. `change(fn)` keeps a change of the draft, `photo(key, file)` takes a picture;
 * the card's fill(draft) shows what the draft says. With `old`, the pictures of what failed stand
 * left of the new ones, instead of last time's answer.
 */
export function lineCard({ store, line, last, change, photo, drop, old = null }) {
  const { key, text } = line;
  const states = ["met", "not_met", ...(line.may_not_apply ? ["not_applicable"] : []), "unknown"];
  const answer = (state, same) => change((draft) => {
    if (state === "unknown") delete draft.answers[key];
    else draft.answers[key] = state;
    draft.same = draft.same.filter((other) => other !== key);
    if (same) draft.same.push(key);
  });
  const set = answerSwitch({ name: `a-${key}`, label: text, states, choose: (state) => answer(state, false) });
  const { box: past, same } = lastTime({ store, last, again: () => answer(last.state, true) });

  const note = h("textarea", {
    class: "form-control", rows: 2, maxlength: 500, "aria-label": t("i.note_on", { what: text }),
    placeholder: t("i.note_how"),
  });
  const kept = typed(note, (words) => change((draft) => {
    if (words.trim()) draft.notes[key] = words;
    else delete draft.notes[key];
  }));
  const noteBox = h("div", { class: "i-note", hidden: true }, note);
  const noteButton = h("button", {
    class: "i-tool", type: "button", "aria-expanded": "false", title: t("i.note"), "aria-label": t("i.note_on", { what: text }),
    onclick: () => {
      noteBox.hidden = !noteBox.hidden;
      noteButton.setAttribute("aria-expanded", String(!noteBox.hidden));
      if (!noteBox.hidden) note.focus();
    },
  }, icon(ICONS.note));

  const said = h("p", { class: "field-error", role: "alert", hidden: true });
  const pictures = strip(store, { alt: t("i.photo_new"), remove: drop });
  const take = async (files) => {
    said.hidden = true;
    const taken = pictures.wait(files.length);
    try {
      for (const file of files) await photo(key, file);
    } catch (error) {
      said.textContent = error.sentence ?? error.message;
      said.hidden = false;
    } finally {
      taken();
    }
  };
  const card = h("article", { class: "i-line", id: `line-${key}`, tabindex: "-1" },
    h("div", { class: "i-ask" },
      h("h3", {}, text, line.force === "advisory" && h("span", { class: "tag" }, t("i.advisory"))),
      h("div", { class: "i-tools" },
        old ? null : shutter({ label: t("i.photo_of", { what: text }), take }),
        shutter({ label: t("i.album_of", { what: text }), take, camera: false }),
        noteButton)),
    old ? pair({ store, old, news: pictures.box, text, take }) : past,
    set.box, noteBox, old ? null : pictures.box, said);
  return {
    box: card,
    key,
    fill(draft) {
      const state = draft.answers[key] ?? "unknown";
      set.fill(state);
      card.dataset.state = state;
      const words = draft.notes[key] ?? "";
      if (document.activeElement !== note && !kept.busy()) note.value = words;
      if (words) {
        noteBox.hidden = false;
        noteButton.setAttribute("aria-expanded", "true");
      }
      pictures.fill(draft.photos[key] ?? []);
      if (same) {
        const pressed = draft.same.includes(key);
        same.setAttribute("aria-pressed", String(pressed));
        same.textContent = t(pressed ? "i.same_done" : "i.same");
      }
    },
    flush: kept.now,
  };
}

/** Words of the document for an item, a tap away. */
export function clause(item) {
  if (!item.document && !item.article) return { button: null, box: null };
  const box = h("div", { class: "i-clause", hidden: true },
    h("p", {}, item.clause), h("p", { class: "cite" }, [item.document, item.article].filter(Boolean).join(" · ")));
  const button = h("button", {
    class: "i-more", type: "button", "aria-expanded": "false", "aria-label": t("i.clause_of", { what: item.title }),
    onclick: () => {
      box.hidden = !box.hidden;
      button.setAttribute("aria-expanded", String(!box.hidden));
    },
  }, t("i.clause"));
  return { button, box };
}
