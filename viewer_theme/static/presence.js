// Tells the server that this page is open, and when it goes, so that closing the window logs out. The server decides:
// this script only says what it sees, and takes the page away once the session is over.

const dialog = document.getElementById('presence');
const { session, endedUrl } = dialog.dataset;
const HEARTBEAT_MS = 1000 * Number(dialog.dataset.heartbeat);
const RETRY_MS = Math.min(5000, HEARTBEAT_MS / 2);
/* Before the idle limit strikes, somebody who reads slowly needs time to find the button. */
const WARN_SECONDS = Math.min(60, Number(dialog.dataset.idle) / 3);
const REVIVE_MS = 6000;
const MOST_REVIVALS = 3;
const USED = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart', 'scroll'];

const page = [...crypto.getRandomValues(new Uint8Array(16))].map(byte => byte.toString(16).padStart(2, '0')).join('');
const channel = 'BroadcastChannel' in window ? new BroadcastChannel('patient-share') : null;
let sequence = 0;
let used = true;
let over = false;
/* Between the farewell and the end nothing more may be said: "hidden" comes after "gone", and would undo it. */
let leaving = false;
let timer = 0;
let countdown = 0;
/* When the idle limit strikes and when the session ends in any case, on this page's own clock. */
let idleAt = Infinity;
let endsAt = Infinity;

function message(more) {
  return JSON.stringify({ page, sequence: ++sequence, session, ...more });
}

async function beat() {
  clearTimeout(timer);
  if (over || leaving) return;
  const said = used;
  used = false;
  let wait = HEARTBEAT_MS;
  try {
    const answer = await fetch('/portal/presence', {
      method: 'POST', credentials: 'same-origin', redirect: 'manual', cache: 'no-store',
      headers: { 'Content-Type': 'application/json' },
      body: message({ visible: document.visibilityState === 'visible', used: said }),
    });
    if (answer.status === 401 || answer.status === 403) return end();
    if (!answer.ok) throw new Error('not now');
    const { idle, absolute } = await answer.json();
    idleAt = performance.now() + 1000 * idle;
    endsAt = performance.now() + 1000 * absolute;
    document.documentElement.hidden = false;
    warn();
  } catch {
    /* The line is down or the server is busy: what was done since has not been told. */
    used ||= said;
    wait = RETRY_MS;
  }
  clearTimeout(timer);
  timer = setTimeout(beat, wait);
}

/** The session is over: nothing of the study may stay on the screen. */
function end() {
  if (over) return;
  over = true;
  document.documentElement.hidden = true;
  location.replace(endedUrl);
}

/** Shows how much time is left when it becomes short, and takes the page away when there is none. */
function warn() {
  clearTimeout(countdown);
  const now = performance.now();
  const left = Math.min(idleAt, endsAt) - now;
  if (left <= 0) return void beat();
  const idleLeft = Math.ceil((idleAt - now) / 1000);
  if (idleLeft <= WARN_SECONDS && idleAt < endsAt && !used) {
    const words = document.getElementById('idle-left');
    words.textContent = words.dataset.text.replace('{n}', idleLeft);
    if (!dialog.open) dialog.showModal();
    countdown = setTimeout(warn, 1000);
  } else {
    if (dialog.open) dialog.close();
    countdown = setTimeout(warn, Math.max(1000, Math.min(left, idleAt - now - 1000 * WARN_SECONDS)));
  }
}

function touched() {
  if (used) return;
  used = true;
  /* Near the limit the server has to hear of it at once. */
  if (idleAt - performance.now() < 1000 * WARN_SECONDS + HEARTBEAT_MS) beat();
}

function watch(target) {
  for (const kind of USED) target.addEventListener(kind, touched, { passive: true, capture: true });
}

watch(window);
/* A viewer in a frame of this page is a part of it: who works there is not away. */
for (const frame of document.querySelectorAll('iframe')) {
  const inside = () => { try { watch(frame.contentWindow); } catch { /* nothing of ours is in it */ } };
  inside();
  frame.addEventListener('load', inside);
}

dialog.addEventListener('close', () => { used = true; beat(); });
document.addEventListener('visibilitychange', beat);
addEventListener('online', beat);

addEventListener('pagehide', () => {
  leaving = true;
  const words = message();
  /* The browser sends it after the page has gone; where it does not, the lease runs out. */
  navigator.sendBeacon?.('/portal/presence/farewell', words);
});

/* Brought back by the back button as it was left: nothing is shown before the server has said that the session lives. */
addEventListener('pageshow', event => {
  leaving = false;
  if (!event.persisted) return;
  document.documentElement.hidden = true;
  beat();
});

/* A part of the viewer that was lost on the way never comes by itself: the page is loaded once more, at most three times. */
const revived = history.state?.revived ?? 0;
function revive() {
  setTimeout(() => {
    if (window.__viewer || over || leaving || revived >= MOST_REVIVALS) return;
    history.replaceState({ ...history.state, revived: revived + 1 }, '');
    location.reload();
  }, REVIVE_MS * (1 + revived));
}
if (document.getElementById('viewer')) {
  if (document.readyState === 'complete') revive();
  else addEventListener('load', revive);
}

channel?.addEventListener('message', event => { if (event.data === 'ended') end(); });
for (const form of document.querySelectorAll('form.logout')) {
  form.addEventListener('submit', () => channel?.postMessage('ended'));
}

beat();
