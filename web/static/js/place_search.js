// A street or place searched by its name: the map goes there.

import { $, h } from "./dom.js";
import { calm } from "./page.js";

/** Let the search beside a map move it; `put(latlng)`, where its button is there, moves the pin. */
export function searchPlaces(map, put) {
  const box = $("place-search");
  const words = $("place-words");
  const [said, list] = [box.querySelector("[role=status]"), box.querySelector("ul")];
  const pinButton = box.querySelector("[data-put]");
  const ring = L.circleMarker([0, 0], { radius: 18, className: "found-ring", interactive: false });
  let asked = 0;

  function forget() {
    list.replaceChildren();
    ring.remove();
    if (pinButton) pinButton.hidden = true;
  }

  function go(place, button) {
    const [west, south, east, north] = place.box;
    ring.setLatLng([place.lat, place.lon]).addTo(map);
    map.fitBounds([[south, west], [north, east]], { maxZoom: 17, padding: [32, 32], animate: !calm.matches });
    for (const other of list.querySelectorAll("button")) other.removeAttribute("aria-pressed");
    button.setAttribute("aria-pressed", "true");
    if (pinButton) pinButton.hidden = false;
    map.getContainer().scrollIntoView({ block: "nearest", behavior: calm.matches ? "auto" : "smooth" });
  }

  function line(place) {
    const about = [place.kind, place.district].filter(Boolean).join(" · ");
    const button = h("button", { type: "button" }, h("b", {}, place.name), " ", h("span", { class: "quiet" }, about));
    button.addEventListener("click", () => go(place, button));
    return h("li", {}, button);
  }

  async function find() {
    const turn = (asked += 1);
    if (!words.value.trim()) {
      forget();
      said.textContent = "";
      return;
    }
    const url = new URL(box.dataset.url, location.href);
    url.searchParams.set("q", words.value);
    let answer = null;
    try {
      const response = await fetch(url, { headers: { Accept: "application/json" } });
      if (response.ok && !response.redirected) answer = await response.json();
    } catch {
      // said below
    }
    if (turn !== asked) return;
    forget();
    said.textContent = answer ? answer.said : box.dataset.lost;
    list.append(...(answer?.places ?? []).map(line));
  }

  box.hidden = false;
  box.querySelector(".place-ask button").addEventListener("click", find);
  words.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault(); // the form around it is not to be sent
    find();
  });
  // what is searched is nothing of the form's own
  for (const kind of ["input", "change"]) words.addEventListener(kind, (event) => event.stopPropagation());
  pinButton?.addEventListener("click", () => {
    put(map.getCenter());
    ring.remove();
  });
}
