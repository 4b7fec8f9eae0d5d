// Keeps what is typed into a form with data-draft, in this window alone, until it is saved: an
// expired session, or a page closed by mistake, loses nothing.
import { forget, unsent } from "./inspect/who.js";

const PREFIX = "draft:";
const account = document.body.dataset.account;
const left = new Set(["csrf_token", "action", "version"]);

const fields = (form) =>
  [...form.elements].filter(
    (field) =>
      field.name && !left.has(field.name) && !["hidden", "password", "file", "submit", "button"].includes(field.type)
  );

const read = (form) =>
  fields(form).map((field) =>
    field.type === "checkbox" || field.type === "radio" ? [field.name, field.value, field.checked] : [field.name, field.value]
  );

function fill(form, draft) {
  const waiting = draft.map((one) => [...one]);
  for (const field of fields(form)) {
    const own = waiting.findIndex(
      ([name, value, checked]) => name === field.name && (checked === undefined || value === field.value)
    );
    if (own < 0) continue;
    const [[, value, checked]] = waiting.splice(own, 1);
    if (checked === undefined) field.value = value;
    else field.checked = checked;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

// a field that a draft brings back along: of which version the rest was typed, so that what somebody
// else saved since is laid beside it and not written over
const base = (form) => form.elements.namedItem(form.dataset.draftKeeps ?? "");

function keep(key, form) {
  try {
    const draft = { values: read(form), sent: false, base: base(form)?.value };
    sessionStorage.setItem(key, JSON.stringify(draft));
  } catch {
    // a full or forbidden store: the form works without
  }
}

function find(key) {
  try {
    return JSON.parse(sessionStorage.getItem(key));
  } catch {
    return null;
  }
}

const kept = () => Object.keys(sessionStorage).filter((key) => key.startsWith(PREFIX));

function clear() {
  const done = document.querySelector("[data-done]") !== null;
  for (const key of kept()) {
    const foreign = !key.startsWith(`${PREFIX}${account}:`);
    if (foreign || (done && find(key)?.sent)) sessionStorage.removeItem(key);
  }
}

function watch(form) {
  const key = `${PREFIX}${account}:${location.pathname}:${form.dataset.draft}`;
  const draft = find(key);
  const asWas = JSON.stringify(read(form));
  if (draft && JSON.stringify(draft.values) !== asWas) {
    const said = document.getElementById("draft-said").content.firstElementChild.cloneNode(true);
    const initial = JSON.parse(asWas);
    const fresh = base(form)?.value;
    if (draft.base) base(form).value = draft.base;
    fill(form, draft.values);
    form.prepend(said);
    said.querySelector("button").addEventListener("click", () => {
      if (draft.base) base(form).value = fresh;
      fill(form, initial);
      sessionStorage.removeItem(key);
      said.remove();
    });
  }
  const note = () => keep(key, form);
  form.addEventListener("input", note);
  form.addEventListener("change", note);
  form.addEventListener("submit", () => {
    const now = find(key);
    if (now) sessionStorage.setItem(key, JSON.stringify({ ...now, sent: true }));
  });
}

clear();
document.querySelectorAll("form[data-draft]").forEach(watch);
const leaving = document.querySelector(".account-menu form");
let asked = false;
leaving?.addEventListener("submit", async (event) => {
  if (asked) {
    for (const key of kept()) sessionStorage.removeItem(key);
    forget();
    return;
  }
  event.preventDefault();
  const count = await unsent(account);
  asked = true;
  if (!count) {
    leaving.requestSubmit();
    return;
  }
  const said = leaving.querySelector("[data-unsent]");
  said.textContent = said.dataset.unsent.replace("{n}", count);
  leaving.querySelector("button").textContent = said.dataset.anyway;
});
