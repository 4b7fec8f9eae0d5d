// The inspectors' pages: who works, what the phone keeps, what is sent, and which screen is shown.

import { $, h } from "../dom.js";
import { page, t } from "../page.js";
import { Trouble, patience } from "./net.js";
import { open } from "./screens.js";
import { openStore, whoAmI } from "./store.js";
import { start } from "./sync.js";
import { remembered } from "./who.js";

const WHERE = "inspect:where";

const notices = new Map();

/** Show a line above the screen, or take it away (no text); `button` is {text, onclick} or {text, href}. */
function notice(key, text = "", button = null) {
  if (text) notices.set(key, { key, text, button });
  else notices.delete(key);
  $("notices").replaceChildren(...[...notices.values()].map((one) => h("p", { class: "notice", "data-notice": one.key }, one.text, " ",
    one.button?.href ? h("a", { class: "btn btn-outline", href: one.button.href }, one.button.text)
      : one.button && h("button", { type: "button", class: "btn btn-outline", onclick: one.button.onclick }, one.button.text))));
}

const anew = { text: t("engine.load"), onclick: () => location.reload() };
const signIn = () => ({ text: t("engine.sign_in_link"), href: page.signIn });

function said(error) {
  if (error instanceof Trouble) return error.message;
  console.error(error);
  return t("engine.failed");
}

function only(text, button) {
  $("main").removeAttribute("aria-busy");
  $("main").replaceChildren(h("h1", {}, document.title), h("p", { class: "notice" }, text), button.href
    ? h("a", { class: "btn btn-accent", href: button.href }, button.text)
    : h("button", { type: "button", class: "btn btn-accent", onclick: button.onclick }, button.text));
}

async function whoWorks() {
  const before = await remembered();
  try {
    return await whoAmI(patience(before));
  } catch (error) {
    // whose session ended goes on with what the phone keeps; who signed out is remembered no longer
    if (before && (error.status === 0 || error.status === 401 || error.status >= 500)) return before;
    throw error;
  }
}

/** After signing in one finds oneself where one was. */
function place() {
  try {
    const back = new URL(document.referrer || location.href).pathname.startsWith("/login");
    if (back && !location.hash) history.replaceState(null, "", sessionStorage.getItem(WHERE) ?? "#/");
    const keep = () => sessionStorage.setItem(WHERE, location.hash);
    addEventListener("hashchange", keep);
    keep();
  } catch {
    // a forbidden store: one begins at the list
  }
}

async function begin() {
  if (!isSecureContext) {
    only(t("engine.insecure"), anew);
    return;
  }
  place();
  $("main").replaceChildren(h("p", { class: "quiet" }, t("engine.opening")));
  worker();
  const me = await whoWorks().catch((error) => {
    const unknown = error.status === 401 || error.status === 0;
    const account = { text: t("engine.account"), href: page.account };
    only(unknown ? t("engine.nobody") : said(error), unknown ? signIn() : error.status === 403 ? account : anew);
  });
  const store = me && await openStore(me).catch((error) => only(said(error), anew));
  if (!store) return;
  const sync = start(store);
  watch(store, sync);
  $("main").removeAttribute("aria-busy");
  await open({ store, sync, me: store.me, root: $("main") });
}

// ---- what stands above every screen

function watch(store, sync) {
  let asked = false;
  const look = async () => {
    const { unsent, drafts } = await store.counts();
    navigator.setAppBadge?.(unsent + drafts).catch(() => {});
    if (unsent + drafts && !asked) {
      asked = true;
      await store.persist();
    }
    notice("other", sync.state.kind === "other" ? sync.state.problem : "", anew);
    notice("room", await store.atRisk() ? t("engine.may_be_cleared") : "");
  };
  store.on(({ kind, problem }) => {
    if (kind === "lost") notice("lost", problem, anew);
    else look();
  });
  look();
}

// ---- the worker that keeps these pages on the phone

async function worker() {
  if (!("serviceWorker" in navigator)) return;
  const before = navigator.serviceWorker.controller;
  let wanted = false;
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (wanted) location.reload();
    // another window wanted it: in this one something may be half typed
    else if (before) notice("update", t("engine.update"), { ...anew, text: t("engine.update_now") });
  });
  try {
    const registration = await navigator.serviceWorker.register(page.worker, { scope: "/inspect/", updateViaCache: "none" });
    const offer = () => {
      if (!registration.waiting || !before) return;
      notice("update", t("engine.update"), {
        text: t("engine.update_now"),
        onclick: () => {
          wanted = true;
          registration.waiting?.postMessage("use");
        },
      });
    };
    offer();
    registration.addEventListener("updatefound", () => {
      registration.installing?.addEventListener("statechange", offer);
    });
  } catch (error) {
    // without it the pages need a network to open; drafts are kept all the same
    console.warn(error);
  }
}

begin();
