// Two viewers beside each other: what one shows, the other is told, so that both turn pages together.

const main = document.getElementById('compare');
const linked = document.getElementById('linked');
const sameSpace = Boolean(main.dataset.sameSpace);
const frames = [...main.querySelectorAll('iframe')];

addEventListener('message', event => {
  if (event.origin !== location.origin || event.data?.kind !== 'at') return;
  if (linked.getAttribute('aria-pressed') !== 'true') return;
  for (const frame of frames) {
    if (frame.contentWindow === event.source) continue;
    /* A place in the body where both series have one; else the same part of the way through. */
    const place = sameSpace ? event.data.place : null;
    frame.contentWindow.postMessage({ kind: 'go', place, part: event.data.part }, location.origin);
  }
});

linked.addEventListener('click', () => {
  linked.setAttribute('aria-pressed', String(linked.getAttribute('aria-pressed') !== 'true'));
});

for (const select of main.querySelectorAll('select')) {
  select.addEventListener('change', () => {
    const [left, right] = [...main.querySelectorAll('select')].map(one => one.value);
    location.assign(`/portal/compare/${left}/${right}`);
  });
}
