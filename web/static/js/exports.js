// What can be taken away: the report of what is shown, and blank workbooks to fill in.

import { h } from "./dom.js";
import { page, t } from "./page.js";
import { current } from "./url.js";

const FORMATS = ["xlsx", "docx", "pdf", "png", "gpkg"];
const WORDS = {
  xlsx: () => t("export.xlsx"),
  docx: () => t("export.docx"),
  pdf: () => t("export.pdf"),
  png: () => t("export.png"),
  gpkg: () => t("export.gpkg"),
};

function report(format, rule) {
  const query = new URLSearchParams({ lang: page.lang });
  for (const [name, value] of Object.entries({ rule, district: current().district })) {
    if (value) query.set(name, value);
  }
  return h("li", {}, h("a", { href: `/download/report.${format}?${query}`, download: true }, WORDS[format]()));
}

const blank = ({ id, name }) => h("li", {},
  h("a", { href: `/download/template/${id}.xlsx?lang=${page.lang}`, download: true }, name));

/** The menu; `rule` is the one that is open. */
export function exports(rule = "") {
  return h("details", { class: "exports" },
    h("summary", { class: "btn btn-outline" }, t("export.title")),
    h("p", { class: "quiet" }, rule ? t("export.of_rule", { rule }) : t("export.of_all")),
    h("ul", { class: "plain" }, FORMATS.map((format) => report(format, rule))),
    page.templates.length > 0 && [
      h("p", { class: "quiet" }, t("export.blank")),
      h("ul", { class: "plain" }, page.templates.map(blank)),
    ]);
}
