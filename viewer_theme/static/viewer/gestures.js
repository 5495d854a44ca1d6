// Turns fingers, mouse and wheel into what they mean. Knows nothing of pictures: whoever listens decides what follows.

const SLOP = 8;
const TAP_MS = 300;
const DOUBLE_TAP_MS = 350;
const DOUBLE_TAP_PX = 40;
const NOTCH = 50;
const WHEEL_PX_PER_STEP = 30;

const LEFT = 0;
const MIDDLE = 1;
const RIGHT = 2;

/**
 * @param {HTMLElement} area
 * @param {object} on
 *   oneFinger() -> 'turn' | 'move' | 'tone': what a drag with one finger does at present
 *   dragStart(kind), drag(kind, dx, dy, along), dragEnd(kind): `along` is the way since the start in the drag's main direction
 *   pinch(factor, x, y, dx, dy), doubleTap(x, y), steps(n), wheelZoom(factor, x, y), touched()
 */
export function watchGestures(area, on) {
  const fingers = new Map();
  let drag = null;
  let pinch = null;
  let lastTap = null;
  let rest = 0;

  const measure = () => {
    const [a, b] = [...fingers.values()];
    return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, distance: Math.max(1, Math.hypot(a.x - b.x, a.y - b.y)) };
  };

  const kindOf = button => button === RIGHT ? 'tone' : button === MIDDLE ? 'move' : on.oneFinger();

  const endDrag = () => {
    if (drag?.started) on.dragEnd(drag.kind);
    drag = null;
  };

  area.addEventListener('pointerdown', event => {
    on.touched();
    if (event.pointerType === 'mouse') fingers.clear();
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    try { area.setPointerCapture(event.pointerId); } catch { /* the pointer is gone already */ }
    if (fingers.size === 1) {
      drag = { kind: kindOf(event.button), button: event.button, startX: event.clientX, startY: event.clientY,
        x: event.clientX, y: event.clientY, at: event.timeStamp, started: false, axis: null };
    } else {
      endDrag();
      pinch = fingers.size === 2 ? measure() : null;
    }
  });

  area.addEventListener('pointermove', event => {
    const finger = fingers.get(event.pointerId);
    if (!finger) return;
    finger.x = event.clientX;
    finger.y = event.clientY;
    if (pinch) {
      const now = measure();
      on.pinch(now.distance / pinch.distance, now.x, now.y, now.x - pinch.x, now.y - pinch.y);
      pinch = now;
      return;
    }
    if (!drag) return;
    const wayX = event.clientX - drag.startX;
    const wayY = event.clientY - drag.startY;
    if (!drag.started) {
      if (Math.hypot(wayX, wayY) < SLOP) return;
      drag.started = true;
      drag.axis = Math.abs(wayX) > Math.abs(wayY) ? 'x' : 'y';
      on.dragStart(drag.kind);
    }
    on.drag(drag.kind, event.clientX - drag.x, event.clientY - drag.y, drag.axis === 'x' ? wayX : wayY);
    drag.x = event.clientX;
    drag.y = event.clientY;
  });

  const lift = event => {
    if (!fingers.delete(event.pointerId)) return;
    /* The finger that stays after a pinch does nothing: a hand that leaves must not turn pages. */
    if (fingers.size < 2) pinch = null;
    const tapped = event.type === 'pointerup' && drag && !drag.started && drag.button === LEFT && event.timeStamp - drag.at < TAP_MS;
    endDrag();
    if (!tapped) {
      lastTap = null;
    } else if (lastTap && event.timeStamp - lastTap.at < DOUBLE_TAP_MS
      && Math.hypot(event.clientX - lastTap.x, event.clientY - lastTap.y) < DOUBLE_TAP_PX) {
      lastTap = null;
      on.doubleTap(event.clientX, event.clientY);
    } else {
      lastTap = { at: event.timeStamp, x: event.clientX, y: event.clientY };
    }
  };
  area.addEventListener('pointerup', lift);
  area.addEventListener('pointercancel', lift);
  area.addEventListener('lostpointercapture', lift);

  area.addEventListener('wheel', event => {
    event.preventDefault();
    on.touched();
    /* Trackpads report a pinch as a wheel with the control key. */
    if (event.ctrlKey || event.metaKey) {
      on.wheelZoom(Math.exp(-Math.max(-NOTCH, Math.min(NOTCH, event.deltaY)) / 150), event.clientX, event.clientY);
      return;
    }
    const delta = Math.abs(event.deltaY) >= Math.abs(event.deltaX) ? event.deltaY : event.deltaX;
    if (event.deltaMode !== WheelEvent.DOM_DELTA_PIXEL || Math.abs(delta) >= NOTCH) {
      /* One notch of a mouse wheel is one image, however far the system scrolls for it. */
      rest = 0;
      on.steps(Math.sign(delta));
      return;
    }
    if (Math.sign(delta) !== Math.sign(rest)) rest = 0;
    rest += delta;
    const steps = Math.trunc(rest / WHEEL_PX_PER_STEP);
    rest -= steps * WHEEL_PX_PER_STEP;
    if (steps !== 0) on.steps(steps);
  }, { passive: false });

  area.addEventListener('contextmenu', event => event.preventDefault());
  area.addEventListener('dragstart', event => event.preventDefault());
  /* Older Safari enlarges the whole page at a pinch, whatever touch-action says. */
  area.addEventListener('gesturestart', event => event.preventDefault());
}
