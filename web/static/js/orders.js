// The page of an order: photos are made smaller before they are sent, and the notice is printed.
const SIDE = 2560;
const SMALL = 1_500_000; // bytes below which a photo is sent as it is

document.querySelector("[data-print]")?.addEventListener("click", () => window.print());

// what cannot be drawn here is sent as it is: the server says what is wrong with it
async function smaller(file) {
  if (file.size < SMALL) return file;
  try {
    const picture = await createImageBitmap(file);
    const scale = Math.min(1, SIDE / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
    return blob && blob.size < file.size ? new File([blob], file.name, { type: "image/jpeg" }) : file;
  } catch {
    return file;
  }
}

for (const form of document.querySelectorAll("form[data-shrink]")) {
  let working = Promise.resolve();
  form.addEventListener("change", ({ target }) => {
    if (target.type !== "file") return;
    working = working.then(async () => {
      const chosen = [...target.files];
      const taken = new DataTransfer();
      for (const file of chosen) taken.items.add(await smaller(file));
      // another choice may have been made meanwhile
      if (target.files.length === chosen.length && chosen.every((file, i) => file === target.files[i])) target.files = taken.files;
    });
  });
  let ready = false;
  form.addEventListener("submit", (event) => {
    if (ready) return;
    event.preventDefault();
    form.querySelector("[data-sending]").hidden = false;
    // a form that is still telling of its submission takes no other one
    working.finally(() => setTimeout(() => {
      ready = true;
      form.requestSubmit();
      ready = false;
    }));
  });
}
