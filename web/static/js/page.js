// What the server put into the page: language, texts, types, classes; and how numbers are written.

export const page = JSON.parse(document.getElementById("page-data").textContent);

const locale = page.lang === "en" ? "en-GB" : "zh-CN";
const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
const tenth = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });

const choose = (text, values) => {
  const forms = text.split("|");
  return forms.length > 1 && values.n !== 1 && values.n !== "1" ? forms[1] : forms[0];
};

/** A text in the page's language, its {names} filled in. */
export function t(key, values = {}) {
  return choose(page.texts[key], values).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

/** The same as a list of strings and nodes: values may be DOM nodes. */
export function rich(key, values) {
  return choose(page.texts[key], values)
    .split(/(\{\w+\})/)
    .filter(Boolean)
    .map((piece) => (piece.startsWith("{") ? values[piece.slice(1, -1)] : piece));
}

export const number = (n) => whole.format(n);

/** Ground metres as people say them: 320 m, 1.8 km. */
export function metres(m) {
  return m < 999.5 ? t("unit.m", { n: whole.format(m) }) : t("unit.km", { n: tenth.format(m / 1000) });
}

/** A place along a street, always in metres. */
export const chainage = (m) => t("unit.m", { n: whole.format(m) });

/** A share of 1 in percent; what is not all never reads as 100, what is not nothing never as 0. */
export function percent(share) {
  const value = 100 * share;
  const fine = (value > 0 && value < 1) || (value > 99 && value < 100);
  const held = fine ? Math.min(Math.max(value, 0.1), 99.9) : value;
  return t("unit.percent", { n: (fine ? tenth : whole).format(held) });
}

/** A date as people write it in the page's language. */
export function date(iso) {
  return new Intl.DateTimeFormat(locale, { dateStyle: "long" }).format(new Date(iso));
}

/** An instant as day and minute. */
export function moment(iso) {
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }).format(new Date(iso));
}

export const calm = matchMedia("(prefers-reduced-motion: reduce)");
export const narrow = matchMedia("(max-width: 767.98px)");

/** Class of a gap on the ramp from light orange to dark red, 0 to 3. */
export const rampOf = (points) => (points <= 1 ? 0 : points <= 3 ? 1 : points <= 7 ? 2 : 3);
export const RAMP_WORDS = ["1", "2–3", "4–7", "8+"];
