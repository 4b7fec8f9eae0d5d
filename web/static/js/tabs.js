// The views of the panel: gaps, standards, plan, indicators; which one is shown stands in the address.

import { $ } from "./dom.js";
import { page } from "./page.js";
import { address, current, follow } from "./url.js";

const TABS = ["gaps", "standards", "plan", "indicators"];

/** Name of the view that the address asks for; without one the first. */
export const tab = () => (TABS.includes(current().tab) ? current().tab : page.firstTab);

/** Changes of the address that show a view; the first one needs no name. */
export const show = (name) => ({ tab: name === page.firstTab ? "" : name });

/** Show the view that the address asks for. */
export function showTab() {
  for (const name of TABS) $(name).hidden = name !== tab();
  const stage = $("stage");
  stage.dataset.tab = tab();
  // the gaps are the findings of the rule about spacing
  const { rule } = current();
  stage.toggleAttribute("data-one", Boolean(rule) && rule !== page.spacingRule);
  for (const link of $("tabs").querySelectorAll("a")) {
    link.href = address(show(link.dataset.tab));
    if (link.dataset.tab === tab()) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

export function bindTabs() {
  for (const link of $("tabs").querySelectorAll("a")) {
    link.addEventListener("click", follow(show(link.dataset.tab)));
  }
  showTab();
}
