// The scale bar in the page's own words.

import { number, t } from "./page.js";

const Scale = L.Control.Scale.extend({
  _updateMetric(most) {
    const metres = this._getRoundNum(most);
    const words = metres < 1000
      ? t("unit.m", { n: number(metres) })
      : t("unit.km", { n: number(metres / 1000) });
    this._updateScale(this._mScale, words, metres / most);
  },
});

/** Add the scale bar in a corner of the map. */
export const addScale = (map, position) => new Scale({ position, imperial: false }).addTo(map);
