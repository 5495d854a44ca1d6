// Runs in every document of a measured browser window, before the document's own scripts. __mark tells the measuring
// program; times are Date.now(), milliseconds since 1970.
(() => {
  const small = document.createElement('canvas');
  small.width = small.height = 24;
  const pen = small.getContext('2d', { willReadFrequently: true });

  /* The largest thing in the document that may hold a picture. */
  function picture() {
    const all = [...document.querySelectorAll('canvas, img#first')].filter(one => one.clientWidth >= 200 && one.clientHeight >= 200);
    return all.sort((a, b) => b.clientWidth * b.clientHeight - a.clientWidth * a.clientHeight);
  }

  function values(one) {
    if (one.width === 0 || (one.tagName === 'IMG' && !(one.complete && one.naturalWidth))) return null;
    try {
      pen.clearRect(0, 0, 24, 24);
      pen.drawImage(one, 0, 0, 24, 24);
      return pen.getImageData(0, 0, 24, 24).data;
    } catch {
      return null;
    }
  }

  function isPicture(data) {
    if (!data) return false;
    let sum = 0, squares = 0;
    for (let i = 0; i < data.length; i += 4) { sum += data[i]; squares += data[i] ** 2; }
    const n = data.length / 4;
    return squares / n - (sum / n) ** 2 > 100;
  }

  const marks = () => {
    const found = picture().find(one => isPicture(values(one)));
    if (!found) return setTimeout(marks, 30);
    requestAnimationFrame(() => __mark('first', Date.now()));
  };
  marks();

  /* Whoever taps the series as soon as it is there. */
  addEventListener('DOMContentLoaded', () => {
    if (location.pathname === '/portal/study') location.href = NEXT;
  });

  /* Of a piece from the middle as it is: to scale the whole picture at every frame would be measured as the viewer's. */
  function hash(one) {
    pen.clearRect(0, 0, 24, 24);
    pen.drawImage(one, one.width / 2 - 12, one.height / 2 - 12, 24, 24, 0, 0, 24, 24);
    const { data } = pen.getImageData(0, 0, 24, 24);
    let result = 0;
    for (let i = 0; i < data.length; i += 4) result = (Math.imul(result, 31) + data[i]) | 0;
    return result;
  }

  /** Turns `steps` pages, one each `every` ms, half of them forth and half of them back. */
  window.__scroll = (steps, every) => new Promise(done => {
    const canvas = picture().filter(one => one.tagName === 'CANVAS' && isPicture(values(one)))[0];
    const changes = [], gaps = [];
    const box = canvas.getBoundingClientRect();
    const at = { clientX: box.left + box.width / 2, clientY: box.top + box.height / 2, bubbles: true, cancelable: true };
    let sent = 0, before = hash(canvas), waiting = [], last = performance.now();
    const begun = last;
    function frame(now) {
      gaps.push(now - last);
      last = now;
      if (waiting.length) {
        const current = hash(canvas);
        /* Pages that were skipped came as late as the one that is here now. */
        if (current !== before) { before = current; for (const one of waiting) changes.push(performance.now() - one); waiting = []; }
      }
      if (sent < steps && now - begun >= sent * every) {
        sent++;
        waiting.push(performance.now());
        canvas.dispatchEvent(new WheelEvent('wheel', { ...at, deltaY: sent <= steps / 2 ? 100 : -100, deltaMode: 0 }));
      }
      if (sent < steps || (waiting.length && now - begun < steps * every + 3000)) requestAnimationFrame(frame);
      else done({ changes, missed: waiting.length, gaps: gaps.slice(1), ms: now - begun });
    }
    requestAnimationFrame(frame);
  });
})();
