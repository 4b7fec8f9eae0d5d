// The question for a plan, as the server takes it.

import { page } from "../page.js";
import { current } from "../url.js";

/** Values of the address that ask for a plan. */
export const query = ({ budget, free, streets }) => ({
  district: current().district, street: streets, budget: budget ?? "", free_standing: free ? "1" : "",
});

/** Address of the same plan as a file. */
export function fileOf(asked, ending) {
  const values = new URLSearchParams({ lang: page.lang });
  for (const [name, value] of Object.entries(query(asked))) {
    for (const one of [value].flat()) if (one !== "") values.append(name, one);
  }
  return `/api/v1/plan.${ending}?${values}`;
}
