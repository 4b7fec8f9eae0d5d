// Before a visit is sent: what was said in figures, what failed, and the order that is proposed.

import { h } from "../dom.js";
import { t } from "../page.js";
import { dialog } from "./frame.js";
import { answered } from "./lines.js";
import { signs } from "./store.js";
import { SIGNS, dayOf, today } from "./words.js";

const STATES = ["met", "not_met", "not_applicable", "unknown"];

const stateOf = (draft, key) => draft.answers[key] ?? "unknown";

/** Figures of the four answers. */
function tally(draft, lines) {
  return h("ul", { class: "i-tally" }, STATES.map((state) => {
    const n = lines.filter(({ key }) => stateOf(draft, key) === state).length;
    return h("li", { class: n ? `is-${state}` : "" }, h("b", {}, String(n)),
      h("span", {}, h("span", { "aria-hidden": "true" }, `${SIGNS[state]} `), t(`i.state.${state}`)));
  }));
}

/** Fields of the proposed order; value() is what is sent, null where none is wanted. */
function proposal({ site, me, draft, failed, change }) {
  const taken = new Set((site.orders ?? (site.order ? [site.order] : [])).flatMap(({ lines }) => lines));
  const plan = draft().plan ?? {};
  const days = me.rectify_days ?? 15;
  // a city whose notice goes to the department above the unit, where one is on record
  const above = me.notice_to === "supervisor" && Boolean(site.supervising_unit);
  const due = h("input", {
    class: "form-control", type: "date", id: "order-due", min: today(), value: plan.due ?? today(days), required: true,
  });
  // browsers write a date as the phone's language has it
  const said = h("span", { class: "quiet" });
  const say = () => { said.textContent = due.value ? t("i.due_day", { day: dayOf(due.value) }) : ""; };
  due.addEventListener("input", say);
  say();
  const note = h("textarea", { class: "form-control", id: "order-note", rows: 2, maxlength: 500 });
  note.value = plan.note ?? "";
  const off = new Set(plan.off ?? []);
  const boxes = failed.map((line) => {
    const input = h("input", {
      type: "checkbox", class: "form-check-input", value: line.key,
      checked: !taken.has(line.key) && !off.has(line.key), disabled: taken.has(line.key),
    });
    return { line, input };
  });
  const wanted = h("input", { type: "checkbox", class: "i-toggle", role: "switch", id: "order-on", checked: plan.on ?? boxes.some(({ input }) => !input.disabled) });
  const fields = h("div", { class: "i-order-fields" },
    h("dl", { class: "facts" },
      above && [h("dt", {}, t("i.order_to")), h("dd", {}, site.supervising_unit)],
      h("dt", {}, t(above ? "i.order_copy" : "i.order_unit")), h("dd", {}, site.unit || t("i.order_no_unit")),
      !above && [h("dt", {}, t("i.order_copy")), h("dd", {}, site.supervising_unit || t("i.order_no_copy"))]),
    h("div", { class: "i-checks" }, boxes.map(({ line, input }) => h("label", {}, input,
      h("span", {}, line.text, taken.has(line.key) && h("span", { class: "quiet" }, " ", t("i.order_taken")))))),
    h("div", { class: "form-field" }, h("label", { for: "order-due" }, t("i.order_due"), said), due),
    h("div", { class: "form-field" }, h("label", { for: "order-note" }, t("i.order_note")), note));
  const show = () => { fields.hidden = !wanted.checked; };
  const box = h("section", { class: "i-proposal" },
    h("label", { class: "i-wanted", for: "order-on" }, h("span", {}, h("b", {}, t("i.order_make")),
      h("span", { class: "quiet" }, t(above ? "i.order_how_above" : "i.order_how"))), wanted),
    fields);
  wanted.addEventListener("change", show);
  show();
  const id = plan.id ?? crypto.randomUUID();
  return {
    box,
    keep: () => change((one) => {
      one.plan = {
        id, on: wanted.checked, due: due.value, note: note.value,
        off: boxes.filter(({ input }) => !input.checked && !input.disabled).map(({ line }) => line.key),
      };
    }),
    value() {
      const lines = boxes.filter(({ input }) => input.checked).map(({ line }) => line.key);
      if (!wanted.checked || !lines.length) return null;
      return {
        id, lines, unit_id: site.unit_id ?? null, unit: site.unit ?? "",
        supervising_unit: site.supervising_unit ?? "", due: due.value, note: note.value.trim(),
      };
    },
    valid: () => !wanted.checked || due.reportValidity(),
  };
}

/** Lines without an answer, each a way back to it. */
function unanswered(draft, lines, box) {
  const open = lines.filter(({ key }) => stateOf(draft, key) === "unknown");
  if (!open.length) return null;
  return h("details", { class: "i-open" }, h("summary", {}, t("i.unanswered", { n: open.length })),
    h("ul", {}, open.map(({ key, text, title }) => h("li", {}, h("button", {
      class: "i-more", type: "button",
      onclick: () => {
        box().close();
        const to = document.getElementById(`line-${key}`);
        to?.scrollIntoView({ block: "center" });
        to?.focus({ preventScroll: true });
      },
    }, text === title ? text : t("i.item_line", { title, text }))))));
}

/** Show it; sending freezes the draft. */
export function review({ store, sync, me, site, draft, lines, order, change, finish }) {
  const one = draft();
  const failed = lines.filter(({ key }) => one.answers[key] === "not_met");
  const bySelf = one.visit === "self";
  const made = failed.length && !bySelf && !order ? proposal({ site, me, draft, failed, change }) : null;
  const name = me.visits.find(({ id }) => id === one.visit)?.name ?? "";
  const pictures = Object.values(one.photos).reduce((n, ids) => n + ids.length, 0);
  const wrong = h("p", { class: "field-error", role: "alert", hidden: true });
  const send = h("button", {
    class: "btn btn-accent i-send", type: "button",
    onclick: async () => {
      if (made && !made.valid()) return;
      send.disabled = true;
      try {
        const sent = made?.value() ?? null;
        if (made) await made.keep();
        await change((kept) => { kept.order = sent; });
        await finish();
        box.close();
      } catch (error) {
        console.error(error);
        wrong.textContent = error.sentence ?? t("i.broken");
        wrong.hidden = false;
        send.disabled = false;
      }
    },
  }, t(sync.state.online ? "i.send" : "i.send_later"));
  const outcome = order && h("p", { class: "notice" }, t(
    failed.length ? "i.again_returned" : answered(one, lines) < lines.length ? "i.again_open" : "i.again_closes",
  ));
  const box = dialog({
    title: t("i.review"), kind: "is-sheet-up",
    body: [
      h("p", {}, h("b", {}, site.name), h("span", { class: "quiet" }, " · ", [name, pictures && t("i.photos", { n: pictures })].filter(Boolean).join(" · "))),
      tally(one, lines), outcome, unanswered(one, lines, () => box),
      failed.length ? h("section", {}, h("h3", { class: "i-sub" }, t("i.failed", { n: failed.length })),
        made ? null : h("ul", { class: "i-failed" }, failed.map(({ text, key }) => h("li", {}, text,
          one.notes[key] && h("span", { class: "quiet" }, ` ${one.notes[key]}`)))),
        bySelf && h("p", { class: "quiet" }, t("i.self_word"))) : null,
      made?.box,
      signs(one.visit) && !one.signature && h("p", { class: "quiet" }, t("i.unsigned")),
      !sync.state.online && h("p", { class: "notice" }, t("i.offline_send")),
      wrong,
    ],
    foot: [h("button", { class: "btn btn-outline", type: "button", onclick: () => box.close() }, t("i.review_back")), send],
    onclose: () => { if (made && !send.disabled) made.keep(); },
  });
}

