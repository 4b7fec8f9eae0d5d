// The plan's tab (布点方案): what is asked for, what would be, and what follows from it.

import { $, h } from "../dom.js";
import { failure } from "../failure.js";
import { number, page, t } from "../page.js";
import { ask, Trouble } from "../server.js";
import { beside } from "../sheet.js";
import { tab } from "../tabs.js";
import { change, current } from "../url.js";
import { bar } from "./bar.js";
import { following } from "./consequences.js";
import { drawPlan } from "./draw.js";
import { editor } from "./editor.js";
import { planForm } from "./form.js";
import { bindHand, handPlace } from "./hand.js";
import {
  added, changesOf, edited, forgetStations, itemsOf, learnAll, original, proposalsOf, restored, suggestedOf,
} from "./items.js";
import { keeping } from "./keep.js";
import { liveBox } from "./live.js";
import { fileOf, query } from "./question.js";
import { result, waiting } from "./result.js";
import { asked, asking, edits, holding, lay, step, unread } from "./state.js";
import { stationAt } from "./under.js";

const FINGER_PX = 14;
const MOUSE_PX = 4;

/** Lay out the tab over `map`; `found` is what lies in view and `paint` what paints it. */
export function mount({ map, found, fit, note, paint }) {
  const shown = { items: [], later: [], free: [], chosen: null, standing: null };
  const layer = drawPlan(map, shown);
  const live = liveBox();
  const [editing, forming, answer] = ["editor", "form", "result"].map((name) => h("div", { id: `plan-${name}` }));
  const tools = bar({ add: (on) => adding(on), centre: () => addAt(map.getCenter()), pick, number: byNumber });
  const keep = keeping({ whole: () => changesOf(shown.items, edits(), { whole: true }), open: openScenario, ready: () => sync() });
  $("plan").replaceChildren(
    h("h1", { class: "visually-hidden" }, t("plan.title")),
    h("div", { class: "plan-top" }, live.box, tools.hint, tools.acts), editing, live.list, tools.box, forming, answer, keep.box);

  let plan = null; // the answer of the server
  let proposals = [];
  let key = null; // what it answers
  let adds = false; // whether a click on the map adds a station

  const on = () => tab() === "plan";
  const consequences = following({ found, live, paint, on });
  const limit = () => Math.min(asked()?.n ?? Infinity, proposals.length);
  const find = (id) => shown.items.find((item) => item.id === id) ?? null;

  // -- what would be ---------------------------------------------------------------------------

  /** Work out what is shown from the address, or while something moves from `moving`. */
  function arrange(changes = edits(), n = limit()) {
    Object.assign(shown, itemsOf(proposals, n, changes));
    layer.redraw();
  }

  function ask_what(changes = edits(), since) {
    const ids = shown.items.filter(({ isNew }) => !isNew).map(({ id }) => id);
    const whole = plan && limit() === proposals.length && !changes.length;
    consequences.ask(changesOf(shown.items, changes), ids, {
      since, again: () => ask_what(), known: whole ? plan.summary : null, planned: Boolean(plan?.summary.with_planned),
    });
  }

  function make(changes) {
    step(holding(changes));
  }

  // -- one station -----------------------------------------------------------------------------

  function pick(id, { focus = true } = {}) {
    shown.chosen = id;
    const item = id && (find(id) ?? standing(id));
    shown.standing = item && !find(id) ? item : null;
    layer.redraw();
    if (!item) {
      editing.replaceChildren();
      return;
    }
    const act = {
      set: (values) => make(edited(edits(), item, values)),
      nudge: (place) => make(edited(edits(), item, place)),
      drop() {
        shown.chosen = null;
        make(item.order ? edited(edits(), item, { status: "closed" }) : restored(edits(), item.id));
      },
      restore: () => make(restored(edits(), item.id)),
      close: () => pick(null),
    };
    const controls = () => [...editing.querySelectorAll("select, input, .plan-keys")];
    const held = controls().indexOf(document.activeElement);
    editing.replaceChildren(editor(item, act));
    if (held >= 0) controls()[held]?.focus({ preventScroll: true });
    else if (focus) {
      beside();
      $("panel-body").scrollTop = 0;
    }
  }

  /** A station there is, not changed so far, as an item. */
  function standing(id) {
    const before = original(id);
    return before ? { ...before, id, isNew: false, isChanged: false } : null;
  }

  function addAt(place) {
    const next = added(edits(), { ...handPlace(place), type: page.pointType });
    shown.chosen = next.id;
    make(next.edits);
  }

  function adding(whether) {
    adds = whether;
    map.getContainer().classList.toggle("adding", adds);
    note(adds ? t("plan.adding") : "", { lasting: adds });
    tools.pressed(adds);
  }

  async function byNumber(id) {
    const gone = await learnAll([id]).catch((error) => {
      if (!(error instanceof Trouble)) throw error;
      note(error.message, { lasting: true });
      return null;
    });
    if (gone?.length) note(t("station.missing"), { lasting: true });
    if (gone?.length !== 0) return;
    const { lon, lat } = original(id);
    fit([[lon, lat]]);
    pick(id);
  }

  // -- the hand --------------------------------------------------------------------------------

  function under(point, coarse) {
    const id = stationAt(map, found, point, paint.radius() + (coarse ? FINGER_PX : MOUSE_PX));
    return id && (find(id) ?? standing(id));
  }

  const at = (point, coarse) => layer.at(point, coarse) ?? under(point, coarse);
  let moving = null; // edits while something moves

  bindHand(map, {
    on: () => on() && !adds,
    // a finger moves the map, unless what it presses is chosen already
    take: (point, coarse) => {
      const item = at(point, coarse);
      return coarse && item?.id !== shown.chosen ? null : item;
    },
    moved(item, place, since) {
      moving = edited(edits(), item, place);
      Object.assign(shown, { chosen: item.id, standing: null });
      arrange(moving);
      ask_what(moving, since);
    },
    put(item, place) {
      moving = null;
      make(edited(edits(), item, place));
    },
    left() {
      moving = null;
      sync();
    },
    picked: (item) => pick(item.id),
  });

  // -- the plan --------------------------------------------------------------------------------

  function drawForm() {
    const before = asked() ?? { budget: null, free: false, streets: [] };
    const form = planForm({ ...before, district: current().district }, ({ district, ...rest }) =>
      step({ district, ...asking(rest), changes: "" }));
    forming.replaceChildren(plan
      ? h("details", { class: "plan-again" }, h("summary", {}, t("plan.again")), form)
      : h("div", {}, h("p", { class: "quiet plan-about" }, t("plan.about", { point: page.point })), form));
  }

  function drawResult() {
    shown.free = plan ? suggestedOf(plan) : [];
    if (!plan) {
      answer.replaceChildren();
      return;
    }
    answer.replaceChildren(result(plan, proposals, limit(), {
      moved(n) {
        arrange(edits(), n);
        ask_what();
      },
      set: (n) => change(asking({ ...asked(), n: n === proposals.length ? null : n })),
      pick(id) {
        const item = find(id);
        if (item) fit([[item.lon, item.lat]]);
        pick(id);
      },
      fly: (place) => { if (place) fit([place]); },
      address: (ending) => fileOf(asked(), ending),
    }));
  }

  async function load() {
    const wanted = asked();
    const now = wanted && JSON.stringify(query(wanted));
    if (now === key) return;
    key = now;
    plan = null;
    proposals = [];
    drawForm();
    if (!wanted) {
      drawResult();
      return;
    }
    answer.replaceChildren(waiting());
    try {
      const told = await ask("plan", "plan", query(wanted));
      if (key !== now) return;
      plan = told;
      proposals = proposalsOf(plan);
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      if (key !== now) return;
      key = null;
      answer.replaceChildren(h("div", { class: "plan-result" }, failure(error.message, sync)));
      return;
    }
    drawForm();
    drawResult();
    const narrowed = wanted.streets.length || current().district;
    if (narrowed && proposals.length && !current().at) fit(proposals.map(({ lon, lat }) => [lon, lat]));
  }

  async function openScenario(id) {
    const changes = await keep.changesOf(id);
    if (!changes) return;
    lay(id, changes);
    step({ changes: "", plan: "", scenario: id });
  }

  /** Show what the address asks for. */
  async function sync() {
    if (!on()) {
      adding(false);
      consequences.none();
      Object.assign(shown, { items: [], later: [], free: [], standing: null });
      layer.redraw();
      return;
    }
    if (unread()) {
      const { scenario } = current();
      const changes = await keep.changesOf(scenario);
      if (scenario !== current().scenario) return;
      lay(scenario, changes ?? []);
    }
    await load();
    try {
      const gone = await learnAll(edits().map((one) => one.station_id));
      if (gone.length) note(t("plan.gone", { n: number(gone.length) }), { lasting: true });
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      note(error.message, { lasting: true });
    }
    if (moving) return;
    shown.free = plan ? suggestedOf(plan) : [];
    arrange();
    ask_what();
    tools.show(shown.items.filter((item) => !item.order || item.isChanged), shown.items.length > 0);
    $("plan").toggleAttribute("data-some", shown.items.length > 0 || Boolean(asked()));
    keep.show(shown.items.length > 0);
    pick(find(shown.chosen) || standing(shown.chosen) ? shown.chosen : null, { focus: false });
  }

  drawForm();
  sync();
  return {
    sync,
    redraw: () => layer.redraw(),
    recolor: () => layer.recolor(),
    /** Let a click on the map add or pick; returns whether it did. */
    click(event, coarse, cell) {
      if (!on()) return false;
      if (adds) addAt(event.latlng);
      else if (cell) return false;
      else pick(at(event.layerPoint, coarse)?.id ?? null);
      return true;
    },
    over: (point) => (on() ? (adds ? "crosshair" : at(point, false) ? "grab" : "") : null),
    anew() {
      key = null;
      forgetStations();
      sync();
    },
  };
}
