// What follows from the changes, shown on the map and as figures: gaps that close, gaps that open.

import { toWorld } from "../canvas.js";
import { rampOf } from "../page.js";
import { canAsk, follow, forget } from "./whatif.js";

/** Keep `found.plan` and the figures of `live` in step with the changes, while `on()`. */
export function following({ found, live, paint, on }) {
  let some = false;

  function none() {
    some = false;
    forget();
    live.hide();
    if (!found.plan) return;
    found.plan = null;
    paint.redraw();
  }

  function show(answer, planned) {
    if (!some || !on()) return;
    found.plan.gone = new Set(answer.gaps.gone);
    found.plan.added = answer.gaps.new.features.map(({ properties: p, geometry }) => ({
      ...p, ramp: rampOf(p.points_needed), line: geometry.coordinates.map((at) => toWorld(...at)),
    }));
    live.show({ ...answer, planned });
    paint.follow();
  }

  return {
    none,
    /**
     * Ask what follows; `ids` are the stations there are that would be other, `known` are figures
     * {before, after} that are known without asking, or null.
     */
    ask(changes, ids, { since, again, known, planned }) {
      if (!changes.length) {
        none();
        return;
      }
      const before = found.plan?.changed;
      some = true;
      found.plan = { gone: new Set(), added: [], ...found.plan, changed: new Set(ids) };
      // what moves is no longer drawn where it stood
      if (!before || before.size !== ids.length || ids.some((id) => !before.has(id))) paint.redraw();
      if (!canAsk(changes)) {
        forget();
        Object.assign(found.plan, { gone: new Set(), added: [] });
        paint.redraw();
        live.short(known);
        return;
      }
      live.wait();
      follow(changes, { planned, since, told: (answer) => show(answer, planned), failed: (sentence) => live.fail(sentence, again) });
    },
  };
}
