// The plan's tab (布点方案): what is asked for, what would be, and what follows from it.

import { toWorld } from "../canvas.js";
import { $, h } from "../dom.js";
import { failure } from "../failure.js";
import { number, page, rampOf, t } from "../page.js";
import { ask, Trouble } from "../server.js";
import { beside } from "../sheet.js";
import { tab } from "../tabs.js";
import { change, current } from "../url.js";
import { bar } from "./bar.js";
import { drawPlan } from "./draw.js";
import { editor } from "./editor.js";
import { planForm } from "./form.js";
import { bindHand } from "./hand.js";
import {
  added, changesOf, edited, forgetStations, itemsOf, learn, learnAll, original, proposalsOf, restored, suggestedOf,
} from "./items.js";
import { keeping } from "./keep.js";
import { liveBox } from "./live.js";
import { result, waiting } from "./result.js";
import { asked, asking, edits, holding, step } from "./state.js";
import { follow, forget } from "./whatif.js";

/** Lay out the tab over `map`; `found` is what lies in view, `redraw` paints the map anew. */
export function mount({ map, found, fit, note, redraw, radius }) {
  const shown = { items: [], later: [], free: [], chosen: null };
  const layer = drawPlan(map, shown);
  const live = liveBox();
  const [editing, forming, answer] = ["editor", "form", "result"].map((name) => h("div", { id: `plan-${name}` }));
  const tools = bar({ add: (on) => adding(on), centre: () => addAt(map.getCenter()), pick, number: byNumber });
  const keep = keeping({ whole: () => changesOf(shown.items, edits(), { whole: true }), open: openScenario });
  $("plan").replaceChildren(
    h("h1", { class: "visually-hidden" }, t("plan.title")),
    h("div", { class: "plan-top" }, live.box, tools.acts), editing, live.list, tools.box, forming, answer, keep.box);

  let plan = null; // the answer of the server
  let proposals = [];
  let key = null; // what it answers
  let adds = false; // whether a click on the map adds a station

  const on = () => tab() === "plan";
  const limit = () => Math.min(asked()?.n ?? Infinity, proposals.length);
  const find = (id) => shown.items.find((item) => item.id === id) ?? null;

  // -- what would be ---------------------------------------------------------------------------

  /** Work out what is shown from the address, or while something moves from `moving`. */
  function lay(changes = edits(), n = limit()) {
    Object.assign(shown, itemsOf(proposals, n, changes));
    layer.redraw();
  }

  function ask_what(changes = edits(), since) {
    const list = changesOf(shown.items, changes);
    const ids = new Set(shown.items.filter(({ isNew }) => !isNew).map(({ id }) => id));
    if (!list.length) {
      forget();
      live.hide();
      found.plan = null;
      redraw();
      return;
    }
    found.plan = { gone: new Set(), added: [], ...found.plan, changed: ids };
    live.wait();
    follow(list, {
      since,
      told(told) {
        if (!shown.items.length || !on()) return;
        found.plan = {
          changed: found.plan?.changed ?? ids,
          gone: new Set(told.gaps.gone),
          added: told.gaps.new.features.map(({ properties: p, geometry }) => ({
            ...p, ramp: rampOf(p.points_needed), line: geometry.coordinates.map((at) => toWorld(...at)),
          })),
        };
        live.show(told);
        redraw();
      },
      failed: (sentence) => live.fail(sentence, () => ask_what()),
    });
  }

  function make(changes) {
    step(holding(changes));
  }

  // -- one station -----------------------------------------------------------------------------

  function pick(id, { focus = true } = {}) {
    shown.chosen = id;
    const item = id && (find(id) ?? standing(id));
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
    const held = editing.querySelector(":focus")?.className;
    editing.replaceChildren(editor(item, act));
    if (held) editing.querySelector(`.${held.trim().split(/\s+/).join(".")}`)?.focus({ preventScroll: true });
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

  function addAt({ lat, lng }) {
    const next = added(edits(), { lon: lng, lat, type: page.pointType });
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

  /** A station of the map, under a layer point. */
  function under(point, coarse) {
    if (found.stations.gathered) return null;
    const scale = 256 * 2 ** map.getZoom();
    const origin = map.getPixelOrigin();
    let best = null;
    for (const station of found.stations.items) {
      if (found.plan?.changed.has(station.station_id)) continue;
      const d = Math.hypot(station.at[0] * scale - origin.x - point.x, station.at[1] * scale - origin.y - point.y);
      if (d <= radius() + (coarse ? 14 : 4) && (!best || d < best.d)) best = { station, d };
    }
    if (!best) return null;
    const { station_id: id, type, status, name, at } = best.station;
    const { lat, lng } = map.options.crs.pointToLatLng(L.point(at[0] * scale, at[1] * scale), map.getZoom());
    learn(id, { lon: lng, lat, type, status, name });
    return find(id) ?? standing(id);
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
      shown.chosen = item.id;
      lay(moving);
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

  const query = ({ budget, free, streets }) => ({
    district: current().district, street: streets, budget: budget ?? "", free_standing: free ? "1" : "",
  });

  function address(ending) {
    const values = new URLSearchParams({ lang: page.lang });
    for (const [name, value] of Object.entries(query(asked()))) {
      for (const one of [value].flat()) if (one !== "") values.append(name, one);
    }
    return `/api/v1/plan.${ending}?${values}`;
  }

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
        lay(edits(), n);
        ask_what();
      },
      set: (n) => change(asking({ ...asked(), n: n === proposals.length ? null : n })),
      pick(id) {
        const item = find(id);
        if (item) fit([[item.lon, item.lat]]);
        pick(id);
      },
      fly: (place) => { if (place) fit([place]); },
      address,
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
    if (changes) step({ ...holding(changes), plan: "", scenario: id });
  }

  /** Show what the address asks for. */
  async function sync() {
    if (!on()) {
      adding(false);
      if (found.plan) {
        found.plan = null;
        redraw();
      }
      Object.assign(shown, { items: [], later: [], free: [] });
      layer.redraw();
      return;
    }
    const before = current();
    if (before.scenario && !before.changes && !before.plan) {
      const changes = await keep.changesOf(before.scenario);
      if (changes?.length) return change(holding(changes), { quietly: true }), sync();
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
    lay();
    ask_what();
    tools.show(shown.items.filter((item) => !item.order || item.isChanged), shown.items.length > 0);
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
