// The forms of an import: a file that is too large is told before it travels; reading takes a while.

const inputs = document.querySelectorAll("input[type=file][data-most]");

/** Say what is wrong with the chosen file; whether it may be sent. */
function look(input) {
  const file = input.files[0];
  const said = input.closest("[data-drop]").querySelector("[data-file-wrong]");
  const wrong = file && file.size > Number(input.dataset.most)
    ? input.dataset.tooLarge.replace("{file}", file.name) : "";
  said.textContent = wrong;
  said.hidden = !wrong;
  if (wrong) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
  return !wrong;
}

for (const input of inputs) {
  const box = input.closest("[data-drop]");
  input.addEventListener("change", () => look(input));
  box.addEventListener("dragover", (event) => {
    event.preventDefault();
    box.classList.add("over");
  });
  box.addEventListener("dragleave", () => box.classList.remove("over"));
  box.addEventListener("drop", (event) => {
    event.preventDefault();
    box.classList.remove("over");
    if (!event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    look(input);
  });
}

for (const form of document.querySelectorAll("form[data-busy]")) {
  form.addEventListener("submit", (event) => {
    const input = form.querySelector("input[type=file][data-most]");
    if (input && !look(input)) {
      event.preventDefault();
      input.focus();
      return;
    }
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    form.setAttribute("aria-busy", "true");
    form.querySelector("[data-busy-said]").hidden = false;
  });
  form.querySelector("[data-again]")?.addEventListener("change", () => {
    form.requestSubmit(form.querySelector("button[name=again]"));
  });
}

// a page that comes back out of the browser's memory can be sent again
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-busy]")) {
    delete form.dataset.sent;
    form.removeAttribute("aria-busy");
    form.querySelector("[data-busy-said]").hidden = true;
  }
});
