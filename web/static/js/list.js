// The list of streets: each with its strip to scale, filtered and sorted by the page's address.

import { NOTHING } from "./cards.js";
import { coverage } from "./coverage.js";
import { $, h } from "./dom.js";
import { failure } from "./failure.js";
import { metres, number, percent, t } from "./page.js";
import { ask, Trouble } from "./server.js";
import { miniature } from "./strip.js";
import { address, change, current, follow } from "./url.js";

const PAGE = 50;
const TYPING_MS = 250;
let shown = 0;

const query = () => {
  const { q, class: street_class, district, sort } = current();
  return { q, class: street_class, district, sort, coverage: coverage() };
};

function row(street, longest) {
  const open = { ...NOTHING, street: street.street_id, gap: "" };
  const where = [...street.classes, ...street.districts].join(" · ");
  const need = street.points_needed
    ? h("span", { class: "need" }, t("list.points", { n: number(street.points_needed) }))
    : h("span", { class: "fine" }, "✓ ", t("list.fine"));
  return h("li", {},
    h("a", { class: "street", href: address(open), onclick: follow(open), "data-street": street.street_id },
      h("span", { class: "street-name" }, street.name,
        street.second_name && h("span", { class: "second" }, street.second_name)),
      need,
      h("span", { class: "where" }, where),
      miniature(street, longest),
      h("span", { class: "row-figures" },
        h("span", {}, metres(street.length_m)),
        street.gaps > 0 && h("span", {}, t("list.gaps", { n: number(street.gaps) })),
        h("span", {}, t("list.covered", { share: percent(street.covered_m / street.frontage_m) })),
        street.assumed && h("span", { class: "tag" }, t("list.assumed")),
      ),
    ),
  );
}

function nothing() {
  const clear = { q: "", class: "", district: "" };
  return h("div", { class: "empty" },
    h("h2", {}, t("list.none_title")),
    h("p", {}, t("list.none_text")),
    h("a", { class: "btn btn-accent", href: address(clear), onclick: follow(clear) }, t("list.clear")),
  );
}

/** Ask for the streets and show them; `more` adds the next page to what is shown. */
export async function showList({ more = false } = {}) {
  const [box, foot] = [$("streets"), $("streets-foot")];
  box.setAttribute("aria-busy", "true");
  try {
    const data = await ask("streets", "streets", {
      ...query(), offset: more ? shown : 0, limit: PAGE,
    });
    if (!more) box.replaceChildren();
    box.append(...data.streets.map((street) => row(street, data.longest_m)));
    shown = data.offset + data.streets.length;
    const { q, class: street_class, district } = current();
    const filtered = Boolean(q || street_class || district);
    $("streets-total").replaceChildren(data.total || filtered
      ? [t("list.total", { n: number(data.total) }), t("list.gaps", { n: number(data.gaps) }),
        t("list.points", { n: number(data.points_needed) })].join(" · ")
      : "");
    const left = data.total - shown;
    foot.replaceChildren();
    if (left > 0) {
      foot.append(h("button", {
        type: "button", class: "btn btn-outline", onclick: () => showList({ more: true }),
      }, t("list.more", { n: number(Math.min(left, PAGE)) })));
    } else if (!data.total && filtered) foot.append(nothing());
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    foot.replaceChildren(failure(error.message, () => showList({ more })));
  } finally {
    box.removeAttribute("aria-busy");
  }
}

/** Put the address's filters into the form. */
export function fillForm() {
  const form = $("filters");
  const { q, class: street_class, district, sort } = current();
  form.elements.q.value = q;
  form.elements.class.value = street_class;
  form.elements.district.value = district;
  form.elements.sort.value = sort || "points";
}

/** Let the form change the address as it is filled in. */
export function bindForm() {
  const form = $("filters");
  let timer = 0;
  const read = () => {
    const data = new FormData(form);
    const sort = data.get("sort");
    return {
      q: data.get("q").trim(), class: data.get("class"), district: data.get("district"),
      sort: sort === "points" ? "" : sort,
    };
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    change(read());
  });
  form.addEventListener("change", () => change(read()));
  form.elements.q.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => change(read()), TYPING_MS);
  });
}
