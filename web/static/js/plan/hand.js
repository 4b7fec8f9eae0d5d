// Moving things on the map by hand: a press on something movable takes it along, a press beside it moves the map.

/** A place that a hand chose: to a centimetre, as no hand is steadier. */
export const handPlace = ({ lng, lat }) => ({ lon: Number(lng.toFixed(7)), lat: Number(lat.toFixed(7)) });

const STILL_PX = 4; // a hand that moves less than this has pressed, not pulled

/**
 * `take(point, coarse)` gives what is under a layer point as {id, lon, lat}, or null; `moved(item,
 * place, since)` is called while it moves, `put(item, place)` where it is let go, `left(item)` where
 * the move is given up with Escape, `picked(item)` where it was only pressed. All while `on()`.
 */
export function bindHand(map, { on, take, moved, put, left, picked }) {
  const box = map.getContainer();
  let held = null;

  const layerPoint = (event) => map.mouseEventToLayerPoint(event);

  function release() {
    if (held.moved) box.classList.remove("pulling");
    map.dragging.enable();
    box.releasePointerCapture?.(held.pointer);
    held = null;
  }

  box.addEventListener("pointerdown", (event) => {
    if (!on() || event.button || !event.isPrimary || !event.target.closest(".leaflet-map-pane, .leaflet-container")) return;
    if (event.target.closest(".leaflet-control, .leaflet-popup")) return;
    const point = layerPoint(event);
    const item = take(point, event.pointerType !== "mouse");
    if (!item) return;
    // before the map's own dragging hears of it
    map.dragging.disable();
    const at = map.latLngToLayerPoint([item.lat, item.lon]);
    held = {
      item, pointer: event.pointerId, start: point, aside: at.subtract(point), moved: false, place: null,
    };
    box.setPointerCapture(event.pointerId);
  }, { capture: true });

  box.addEventListener("pointermove", (event) => {
    if (!held || event.pointerId !== held.pointer) return;
    const point = layerPoint(event);
    if (!held.moved && point.distanceTo(held.start) < STILL_PX) return;
    if (!held.moved) box.classList.add("pulling");
    held.moved = true;
    const { lat, lng } = map.layerPointToLatLng(point.add(held.aside));
    held.place = handPlace({ lat, lng });
    moved(held.item, held.place, event.timeStamp);
  });

  box.addEventListener("pointerup", (event) => {
    if (!held || event.pointerId !== held.pointer) return;
    const { item, place, moved: pulled } = held;
    release();
    if (pulled) put(item, place);
    else picked(item);
    // the click that follows belongs to this press
    const swallow = (click) => click.stopPropagation();
    box.addEventListener("click", swallow, { once: true, capture: true });
    setTimeout(() => box.removeEventListener("click", swallow, { capture: true }));
  });

  const giveUp = () => {
    if (!held) return;
    const { item, moved: pulled } = held;
    release();
    if (pulled) left(item);
  };
  box.addEventListener("pointercancel", giveUp);
  addEventListener("keydown", (event) => { if (event.key === "Escape") giveUp(); });
}

const METRES_PER_DEGREE = 111_320;
const ARROWS = {
  ArrowUp: [0, 1], ArrowDown: [0, -1], ArrowLeft: [-1, 0], ArrowRight: [1, 0],
};

/** Place of an item some metres on, by an arrow key; null for other keys. */
export function nudged({ lon, lat }, event) {
  const way = ARROWS[event.key];
  if (!way || event.altKey || event.ctrlKey || event.metaKey) return null;
  const step = event.shiftKey ? 10 : 1;
  const squeeze = Math.cos((lat * Math.PI) / 180);
  return handPlace({
    lng: lon + (way[0] * step) / (METRES_PER_DEGREE * squeeze),
    lat: lat + (way[1] * step) / METRES_PER_DEGREE,
  });
}
