// Turns fingers, mouse and wheel into what they mean. Knows nothing of pictures: whoever listens decides what follows.

const SLOP = 8;
const TAP_MS = 300;
const DOUBLE_TAP_MS = 350;
const DOUBLE_TAP_PX = 40;
const NOTCH = 50;
const WHEEL_PX_PER_STEP = 30;

/* Pixels a millisecond: slower is a finger that has come to rest before it was lifted. */
const SWIPING = 0.35;
const SLOWEST = 0.03;
const GLIDE_MS = 160;
const still = matchMedia('(prefers-reduced-motion: reduce)');

const LEFT = 0;
const MIDDLE = 1;
const RIGHT = 2;

/**
 * @param {HTMLElement} area
 * @param {object} on
 *   oneFinger() -> 'turn' | 'move' | 'tone' | 'measure': what a drag with one finger does at present
 *   dragStart(kind, x, y), drag(kind, dx, dy, along, x, y), dragEnd(kind): `along` is the way since the start in the
 *   drag's main direction, going on after a finger that was lifted while it swiped; x and y are those of the window
 *   hover(x, y): where a mouse without a pressed button is; left(): it has gone
 *   pinch(factor, x, y, dx, dy), doubleTap(x, y), steps(n), wheelZoom(factor, x, y), touched()
 */
export function watchGestures(area, on) {
  const fingers = new Map();
  let drag = null;
  let pinch = null;
  let lastTap = null;
  let rest = 0;
  let glide = 0;

  const measure = () => {
    const [a, b] = [...fingers.values()];
    return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, distance: Math.max(1, Math.hypot(a.x - b.x, a.y - b.y)) };
  };

  const kindOf = button => button === RIGHT ? 'tone' : button === MIDDLE ? 'move' : on.oneFinger();

  const endDrag = () => {
    if (drag?.started) on.dragEnd(drag.kind);
    drag = null;
  };

  const stopGliding = () => {
    cancelAnimationFrame(glide);
    glide = 0;
  };

  /** A swipe goes on for a moment and comes to rest, as every page on a phone does. */
  const goOn = (kind, along, speed) => {
    let last = performance.now();
    const move = now => {
      const passed = Math.min(50, now - last);
      last = now;
      along += speed * passed;
      speed *= Math.exp(-passed / GLIDE_MS);
      on.drag(kind, 0, 0, along, 0, 0);
      glide = Math.abs(speed) > SLOWEST ? requestAnimationFrame(move) : 0;
    };
    glide = requestAnimationFrame(move);
  };

  area.addEventListener('pointerdown', event => {
    on.touched();
    stopGliding();
    if (event.pointerType === 'mouse') fingers.clear();
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    try { area.setPointerCapture(event.pointerId); } catch { /* the pointer is gone already */ }
    if (fingers.size === 1) {
      drag = { kind: kindOf(event.button), button: event.button, startX: event.clientX, startY: event.clientY,
        x: event.clientX, y: event.clientY, at: event.timeStamp, started: false, axis: null, trail: [] };
    } else {
      endDrag();
      pinch = fingers.size === 2 ? measure() : null;
    }
  });

  area.addEventListener('pointermove', event => {
    const finger = fingers.get(event.pointerId);
    if (!finger) {
      if (event.pointerType === 'mouse') on.hover(event.clientX, event.clientY);
      return;
    }
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
      on.dragStart(drag.kind, drag.startX, drag.startY);
    }
    const along = drag.axis === 'x' ? wayX : wayY;
    drag.trail.push({ along, at: event.timeStamp });
    if (drag.trail.length > 6) drag.trail.shift();
    on.drag(drag.kind, event.clientX - drag.x, event.clientY - drag.y, along, event.clientX, event.clientY);
    drag.x = event.clientX;
    drag.y = event.clientY;
  });

  const lift = event => {
    if (!fingers.delete(event.pointerId)) return;
    /* The finger that stays after a pinch does nothing: a hand that leaves must not turn pages. */
    if (fingers.size < 2) pinch = null;
    const tapped = event.type === 'pointerup' && drag && !drag.started && drag.button === LEFT && event.timeStamp - drag.at < TAP_MS;
    const swiped = event.type === 'pointerup' && event.pointerType !== 'mouse' && drag?.started && drag.kind === 'turn' && drag;
    endDrag();
    if (swiped && !still.matches) {
      const [first, last] = [swiped.trail[0], swiped.trail.at(-1)];
      const speed = (last.along - first.along) / Math.max(1, last.at - first.at);
      if (event.timeStamp - last.at < 60 && Math.abs(speed) > SWIPING) goOn(swiped.kind, last.along, speed);
    }
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

  area.addEventListener('pointerleave', () => on.left());

  area.addEventListener('wheel', event => {
    event.preventDefault();
    on.touched();
    stopGliding();
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
