// Signing in on a phone that somebody else has used: what they have in hand is not shown to the next one.

import { claim } from "./inspect/who.js";

const form = document.querySelector("form");
form?.addEventListener("submit", () => { claim(form.elements.namedItem("name").value); });
