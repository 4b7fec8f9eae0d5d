// Forms of the unit's home: a draft that is back is shown, all stations are ticked at once.

document.querySelectorAll("details form .draft-said").forEach((said) => {
  said.closest("details").open = true;
});

const all = document.querySelector("[data-all]");
if (all) {
  const switcher = all.querySelector("input");
  const boxes = [...switcher.form.querySelectorAll("[name=station]")];
  const look = () => {
    const ticked = boxes.filter((box) => box.checked).length;
    switcher.checked = ticked === boxes.length;
    switcher.indeterminate = ticked > 0 && ticked < boxes.length;
  };
  all.hidden = boxes.length < 2;
  switcher.addEventListener("change", () => {
    for (const box of boxes) box.checked = switcher.checked;
    boxes[0].dispatchEvent(new Event("input", { bubbles: true }));
  });
  switcher.form.addEventListener("change", look);
  look();
}
