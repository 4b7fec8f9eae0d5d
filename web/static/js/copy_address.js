// The address of this page, to keep: a button copies it, or shows it where it cannot.

import { put } from "./clipboard.js";

const button = document.querySelector("[data-copy-address]");
const said = document.querySelector("[data-copied]");

button.hidden = false;
button.addEventListener("click", async () => {
  const done = await put(location.href);
  said.textContent = done ? said.dataset.copied : location.href;
  button.focus();
});
