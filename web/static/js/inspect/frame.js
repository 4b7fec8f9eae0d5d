// Frame of every screen: its head, the strip that says what is wrong with the line, the foot.

import { h } from "../dom.js";
import { page, t } from "../page.js";

export const icon = (path) => {
  const box = h("span", { class: "icon", "aria-hidden": "true" });
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  line.setAttribute("d", path);
  svg.append(line);
  box.append(svg);
  return box;
};

export const ICONS = {
  back: "M15 5l-7 7 7 7",
  camera: "M4 8h3l2-3h6l2 3h3v11H4zM12 10a3.5 3.5 0 100 7 3.5 3.5 0 000-7",
  picture: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 9.5v.01",
  note: "M5 4h14v16H5zM8 9h8M8 13h8M8 17h4",
  pen: "M4 20l4-1L19 8l-3-3L5 16zM14 7l3 3",
  close: "M6 6l12 12M18 6L6 18",
  near: "M12 2v4M12 18v4M2 12h4M18 12h4M12 7a5 5 0 100 10 5 5 0 000-10",
  map: "M9 4L3 6v14l6-2 6 2 6-2V4l-6 2zM9 4v14M15 6v14",
};

/** Head of a screen: the way back, what it is about, and what `more` adds. */
export function head({ title, about = null, back = "#/", more = null }) {
  const out = back === "map" ? page.home ?? "/" : back;
  return h("header", { class: "i-head" },
    h("a", { class: "icon-button", href: out, "aria-label": t(back === "map" ? "i.to_map" : "i.back") },
      icon(back === "map" ? ICONS.map : ICONS.back)),
    h("div", { class: "i-title" }, h("h1", { tabindex: "-1" }, title), about && h("p", { class: "quiet" }, about)),
    more);
}

/** What is wrong with the session or the server; a missing network alone is said in the foot. */
export function strip({ sync }) {
  const box = h("div", { class: "i-strip", role: "status" });
  const fill = () => {
    const { problem, kind, signIn } = sync.state;
    const said = signIn
      ? [h("p", {}, t("i.sign_in")), h("a", { class: "btn btn-outline", href: page.signIn ?? "/login" }, t("i.sign_in_now"))]
      : problem && kind !== "offline" && kind !== "other" ? [h("p", {}, problem), h("button", { class: "btn btn-outline", type: "button", onclick: () => sync.now() }, t("i.send_now"))]
        : [];
    const words = said.map((part) => part.textContent).join();
    if (box.dataset.said !== words) box.replaceChildren(...said);
    box.dataset.said = words;
    box.hidden = !said.length;
  };
  fill();
  return { box, fill };
}

/** The foot: what is not sent yet, where it is kept, and the screen's own button. */
export function foot({ store, sync, button = null }) {
  const count = h("a", { class: "i-unsent", href: "#/out", hidden: true });
  const kept = h("span", { class: "i-kept" });
  const box = h("footer", { class: "i-foot" }, h("div", { class: "i-foot-words" }, count, kept), button);
  const fill = async () => {
    const { drafts = 0, unsent = 0 } = await store.counts();
    const open = drafts + unsent;
    count.hidden = false;
    count.replaceChildren(h("b", { class: open ? "some" : "" }, t("i.unsent", { n: open })));
    const here = sync.state.online && sync.state.kind !== "offline";
    const { signIn } = sync.state;
    kept.replaceChildren(signIn && open ? h("a", { href: page.signIn }, t("i.kept_until"))
      : t(here ? (open ? "i.kept_here" : "i.all_sent") : open ? "i.offline_kept" : "i.offline"));
    box.classList.toggle("is-offline", !here || signIn);
  };
  fill();
  return { box, fill };
}

/** A dialog over the screen; leaves the page as it was when closed. Esc and the backdrop close it. */
export function dialog({ title, kind = "", body, foot: below = null, onclose = null }) {
  const close = h("button", { class: "icon-button", type: "button", "aria-label": t("i.close") }, icon(ICONS.close));
  const name = `d${Math.random().toString(36).slice(2)}`;
  const box = h("dialog", { class: `i-dialog ${kind}`, "aria-labelledby": name },
    h("div", { class: "i-dialog-head" }, h("h2", { id: name }, title), close),
    h("div", { class: "i-dialog-body" }, body),
    below && h("div", { class: "i-dialog-foot" }, below));
  close.addEventListener("click", () => box.close());
  box.addEventListener("click", (event) => event.target === box && box.close());
  box.addEventListener("close", () => {
    box.remove();
    onclose?.();
  });
  document.body.append(box);
  box.showModal();
  return box;
}

/** Ask before something is taken away: resolves to whether it was meant. */
export function sure({ title, text, yes }) {
  return new Promise((done) => {
    let meant = false;
    const box = dialog({
      title, kind: "is-small", body: h("p", {}, text),
      foot: [
        h("button", { class: "btn btn-outline", type: "button", onclick: () => box.close() }, t("i.keep")),
        h("button", { class: "btn btn-accent", type: "button", onclick: () => { meant = true; box.close(); } }, yes),
      ],
      onclose: () => done(meant),
    });
  });
}

/** A box that says why there is nothing, and what to do. */
export const empty = (title, text, ...ways) => h("div", { class: "empty" },
  h("h2", {}, title), text && h("p", {}, text), ways);

/** The shape of what comes. */
export const bones = (rows = 4) => h("div", { class: "i-bones", "aria-busy": "true" },
  Array.from({ length: rows }, () => h("div", { class: "i-card" }, h("p", { class: "bone" }), h("p", { class: "bone wide" }))));
