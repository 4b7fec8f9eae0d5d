// What can be taken away: the report of what is shown, and blank workbooks to fill in.

import { coverage } from "./coverage.js";
import { h } from "./dom.js";
import { page, t } from "./page.js";
import { current } from "./url.js";

const REPORT = ["xlsx", "docx", "pdf", "png", "gpkg"];
const GAPS = ["xlsx", "png", "gpkg", "kml"];
const INDICATORS = ["xlsx", "csv"];
const WORDS = {
  xlsx: () => t("export.xlsx"),
  csv: () => t("export.csv"),
  docx: () => t("export.docx"),
  pdf: () => t("export.pdf"),
  png: () => t("export.png"),
  gpkg: () => t("export.gpkg"),
  kml: () => t("export.kml"),
};

function file(name, format, asked) {
  const query = new URLSearchParams({ lang: page.lang });
  for (const [key, value] of Object.entries(asked)) if (value) query.set(key, value);
  return h("li", {}, h("a", { href: `/download/${name}.${format}?${query}`, download: true }, WORDS[format]()));
}

function menu(said, name, formats, asked, ...more) {
  return h("details", { class: "exports" },
    h("summary", { class: "btn btn-outline" }, t("export.title")),
    h("p", { class: "quiet" }, said),
    h("ul", { class: "plain" }, formats.map((format) => file(name, format, asked))),
    more,
    h("ul", { class: "plain" },
      h("li", {}, h("a", { href: `/api?lang=${page.lang}` }, t("export.open_data")))));
}

const blank = ({ id, name }) => h("li", {},
  h("a", { href: `/download/template/${id}.xlsx?lang=${page.lang}`, download: true }, name));

/** The menu of the standards; `rule` is the one that is open. */
export const exports = (rule = "") => menu(
  rule ? t("export.of_rule", { rule }) : t("export.of_all"), "report", REPORT,
  { rule, district: current().district },
  page.templates.length > 0 && [
    h("p", { class: "quiet" }, t("export.blank")),
    h("ul", { class: "plain" }, page.templates.map(blank)),
  ],
);

/** The menu of the gaps: those that the filters let through. */
export function gapExports() {
  const { q, class: street_class, district } = current();
  return menu(t("export.of_gaps"), "gaps", GAPS, {
    q, class: street_class, district, coverage: coverage(),
  });
}

/** The menu of the indicators. */
export const indicatorExports = () => menu(t("export.of_indicators"), "indicators", INDICATORS, {});
