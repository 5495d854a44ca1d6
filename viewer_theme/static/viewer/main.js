// The patient's viewer: joins the parts and holds the one state, which image is wanted.

import { Cine } from './cine.js';
import { Controls } from './controls.js';
import { Geometry } from './geometry.js';
import { watchGestures } from './gestures.js';
import { Lens } from './lens.js';
import { Pictures } from './pictures.js';
import { Ruler } from './ruler.js';
import { save } from './save.js';
import { FolderSource, ServerSource, SIZES, StudyGone } from './source.js';
import { Stage } from './stage.js';
import { Tone } from './tone.js';

/* A picture may be this much smaller than the screen asks for: nobody sees it, and it arrives in half the time. */
const GOOD_ENOUGH = 0.85;
const SHARPEN_AFTER_MS = 250;
const DOUBLE_TAP_ZOOM = 2.5;
/* A swipe over this part of the picture's height goes through the whole series, within what a finger can aim at. */
const SWIPE_PART = 0.8;
const LEAST_PX_PER_IMAGE = 4;
const MOST_PX_PER_IMAGE = 32;
const KNOB_PER_PX = 0.4;
const HINT_MS = 8000;
const DECODE_MS = 2000;

const page = document.getElementById('viewer');
const data = page.dataset;
const count = Number(data.count);
/* In a copy without a server: its pictures, and what is known of them. */
const copy = document.getElementById('copy');
const longestEdge = Number(data.longestEdge) || Infinity;
const own = data.width ? { center: Number(data.center), width: Number(data.width) } : null;

let index = Math.max(1, Math.min(count, Number(data.start)));
let shown = 0;
let toneMode = false;
let presetUsed = '';
let sharpenTimer = 0;
let startOfSwipe = index;
/* What one finger or the mouse does instead of turning pages: '' | 'measure' | 'lens'. */
let tool = '';
let geometry = Geometry.none();
/* Whoever looks at this viewer beside another is told where it is, but not of what it was told itself. */
const beside = page.ownerDocument.defaultView !== parent && document.body.classList.contains('beside');

const first = document.getElementById('first');
const tone = new Tone(own, Boolean(data.inverted));
const stage = new Stage(document.getElementById('canvas'), document.getElementById('tone-filter'), () => {
  pictures.setSize(sizeFor(1));
});

/** The smallest size that the server offers and the screen cannot tell from a larger one. */
function sizeFor(zoom) {
  if (copy) return SIZES[0];
  const needed = Math.min(stage.pixelsNeeded(zoom) * GOOD_ENOUGH, longestEdge);
  return SIZES.find(size => size >= needed) || SIZES[SIZES.length - 1];
}

const ruler = new Ruler(document.getElementById('marks'), stage, {
  approximate: data.textLength, detector: data.textDetector, unknown: data.textNoScale,
});
const lens = new Lens(document.getElementById('lens'), stage);
const cine = new Cine(Number(data.frameMs), {
  next: () => go(index === count ? 1 : index + 1),
  ready: () => pictures.picture(index === count ? 1 : index + 1) !== null || pictures.isMissing(index === count ? 1 : index + 1),
  changed: () => controls.showCine(cine),
});
stage.onDraw = () => ruler.draw();

const controls = new Controls({ count, words: data }, {
  go: number => { cine.stop(); go(number); },
  step: n => { cine.stop(); go(index + n); },
  play: () => cine.toggle(),
  speed: () => cine.changeSpeed(),
  tool: choose,
  save: keep,
  ruler: (key, large) => { if (tool !== 'measure') return false; ruler.key(key, large); said(); return true; },
  zoom: factor => { touched(); stage.zoomBy(factor); zoomed(); },
  move: (dx, dy) => stage.moveBy(dx, dy),
  reset,
  toneMode: on => { touched(); toneMode = on; page.classList.toggle('toning', on); if (on) choose(''); },
  tone: (brightness, contrast, held) => { tone.turn(brightness, contrast); toned(held); },
  preset: window => { tone.usePreset(window); presetUsed = window ? window.label : ''; toned(false); },
});

const source = copy ? new FolderSource(JSON.parse(copy.textContent))
  : new ServerSource({ images: data.imagesUrl, batches: data.batchesUrl, geometry: data.geometryUrl });
const pictures = new Pictures(source, {
  count,
  size: sizeFor(1),
  wanted: index,
  onChange: number => { if (number === index || shown !== index) present(); },
  /* The page itself, asked for again, says that the study is gone and whom to call. */
  onEnded: reason => reason instanceof StudyGone ? location.reload() : location.replace(data.endedUrl),
});

/** @param {boolean} told the viewer beside this one has turned its page: it is not told in turn */
function go(number, told = false) {
  touched();
  const next = Math.max(1, Math.min(count, number));
  if (next === index) return;
  index = next;
  lens.hide();
  ruler.show(index);
  controls.showEdges(geometry.edges(index));
  if (tool === 'measure') said();
  controls.showPosition(index);
  pictures.want(index);
  pictures.start();
  present();
  sharpenSoon();
  if (beside && !told) {
    const part = count > 1 ? (index - 1) / (count - 1) : 0;
    parent.postMessage({ kind: 'at', place: geometry.place(index), part }, location.origin);
  }
}

/** Takes up a tool, or puts it down again. */
function choose(name) {
  touched();
  tool = name === tool ? '' : name;
  if (tool !== 'lens') lens.hide();
  if (tool !== 'measure') ruler.clear();
  page.dataset.tool = tool;
  controls.showTool(tool);
  said();
}

/** Keeps the present picture, as large as it was taken and in the brightness that it is looked at. */
async function keep() {
  touched();
  controls.showNotice(data.textSaving);
  try {
    const size = SIZES.find(one => one >= longestEdge) || SIZES[SIZES.length - 1];
    await save(await source.image(index, { size, window: tone.requested }), `${data.textPicture}-${index}.jpg`);
    said();
  } catch {
    controls.showNotice(data.textNotSaved);
  }
}

/** What the tool in hand has to say. */
function said() {
  const scale = geometry.measures(index) ? data.textMeasure : data.textNoScale;
  controls.showNotice(tool === 'measure' ? ruler.sentence || scale : tool === 'lens' ? data.textLens : '');
}

/** Letters, millimetres and places come after the first picture: nobody waits for them. */
async function learn() {
  geometry = new Geometry(await pictures.geometry());
  ruler.use(geometry);
  controls.showEdges(geometry.edges(index));
  if (tool) said();
}

/** Puts the wanted image on the screen, or the best there is until it comes. */
function present() {
  const picture = pictures.picture(index);
  const missing = !picture && pictures.isMissing(index);
  const late = !picture && !missing && pictures.isDelayed(index);
  if (picture) {
    draw(picture);
  } else if (missing || late) {
    hideFirst();
    stage.clear();
    shown = pictures.kept = 0;
  } else {
    /* On the way through a series, images that are there pass by: standing still would look broken. */
    const passing = shown && pictures.nearest(index, shown);
    if (passing) draw(passing);
  }
  controls.showPlaceholder(missing ? data.textFailed : late ? data.textOffline : '');
  controls.showBusy(!picture && !missing);
}

function draw({ number, bitmap, window }) {
  hideFirst();
  stage.show(bitmap);
  stage.stretch(tone.stretchFrom(window));
  shown = pictures.kept = number;
}

function hideFirst() {
  first.hidden = true;
}

function touched() {
  controls.hideHint();
}

function zoomed() {
  page.classList.toggle('enlarged', stage.enlarged);
  controls.showZoom(stage.zoom);
  sharpenSoon();
}

/** Enlarged pictures are asked for in more detail once the hand rests. */
function sharpenSoon() {
  clearTimeout(sharpenTimer);
  if (stage.enlarged) sharpenTimer = setTimeout(() => pictures.sharpen(sizeFor(stage.zoom)), SHARPEN_AFTER_MS);
}

/** @param {boolean} held somebody is still turning: only the present image is worth asking for */
function toned(held) {
  touched();
  controls.showTone(tone, presetUsed);
  if (!copy) pictures.setWindow(tone.requested, held);
  present();
}

function reset() {
  stage.reset();
  zoomed();
  tone.reset();
  presetUsed = '';
  toned(false);
}

watchGestures(document.getElementById('stage'), {
  touched,
  oneFinger: () => toneMode ? 'tone' : tool === 'measure' ? 'measure' : stage.enlarged || count === 1 ? 'move' : 'turn',
  dragStart: (kind, x, y) => {
    startOfSwipe = index;
    cine.stop();
    if (kind === 'measure') ruler.begin(x, y);
  },
  drag: (kind, dx, dy, along, x, y) => {
    if (kind === 'measure') {
      ruler.drag(x, y);
    } else if (kind === 'move') {
      stage.moveBy(dx, dy);
    } else if (kind === 'tone') {
      tone.turn(tone.brightness - dy * KNOB_PER_PX, tone.contrast + dx * KNOB_PER_PX);
      toned(true);
    } else {
      /* Up and to the left is onward, as on every other page of a phone. */
      const way = Math.max(LEAST_PX_PER_IMAGE, Math.min(MOST_PX_PER_IMAGE, stage.height * SWIPE_PART / count));
      go(startOfSwipe - Math.round(along / way));
    }
  },
  dragEnd: kind => {
    if (kind === 'tone') toned(false);
    if (kind === 'measure') { ruler.end(); said(); }
  },
  hover: (x, y) => { if (tool === 'lens') lens.at(x, y); },
  left: () => lens.hide(),
  pinch: (factor, x, y, dx, dy) => { stage.moveBy(dx, dy); stage.zoomBy(factor, x, y); zoomed(); },
  wheelZoom: (factor, x, y) => { stage.zoomBy(factor, x, y); zoomed(); },
  doubleTap: (x, y) => {
    if (stage.enlarged) stage.reset();
    else stage.zoomBy(DOUBLE_TAP_ZOOM, x, y);
    zoomed();
  },
  steps: n => { cine.stop(); go(index + n); },
});

if (beside) {
  addEventListener('message', event => {
    if (event.source !== parent || event.origin !== location.origin || event.data?.kind !== 'go') return;
    const { place, part } = event.data;
    const found = typeof place === 'number' ? geometry.nearest(place) : 0;
    go(found || 1 + Math.round(Number(part) * (count - 1)), true);
  });
}

addEventListener('online', () => pictures.retry());

async function takeUpFirst() {
  await first.decode();
  const asked = copy ? SIZES[0] : Number(new URL(first.currentSrc).searchParams.get('size'));
  const bitmap = await createImageBitmap(first);
  /* Less than was asked for is all there is. */
  const edge = Math.max(bitmap.width, bitmap.height);
  /* Some browsers hand out an element's picture in the size of the layout: then it serves until the real one is here. */
  const whole = edge + 1 >= Math.min(asked, longestEdge);
  pictures.adopt(Number(data.start), bitmap, whole ? asked : edge);
}

/** The page brought the first picture along: it is drawn from there, not asked for twice. */
async function begin() {
  try {
    if (!first.complete) await new Promise((done, failed) => {
      first.addEventListener('load', done);
      first.addEventListener('error', failed);
    });
    /* A browser that is busy may leave any step of this unanswered; the usual way is as good. */
    await Promise.race([takeUpFirst(), new Promise((_, late) => { setTimeout(late, DECODE_MS); })]);
  } catch {
    /* It did not come; asked for again in the usual way, it says why. */
  }
  present();
  /* Only a picture on the stage tells what shape, and so what size, the pictures need. */
  pictures.setSize(sizeFor(1));
  pictures.start();
  learn();
}

ruler.show(index);
controls.showCine(cine);
controls.showPosition(index);
controls.showTone(tone, presetUsed);
controls.showZoom(stage.zoom);
controls.showBusy(true);
controls.showHint();
setTimeout(touched, HINT_MS);
begin();

/* For the project's browser tests only, read-only, and no part of any interface: index is the image that is wanted,
   shown the one whose picture is on the canvas (0: none), idle that nothing is under way or waiting to be asked for. */
window.__viewer = Object.freeze({
  get index() { return index; },
  get count() { return count; },
  get shown() { return shown; },
  get idle() { return pictures.idle; },
  get loaded() { return pictures.loaded; },
  get failed() { return pictures.failed; },
  get zoom() { return stage.zoom; },
  get window() { return tone.window; },
  get playing() { return cine.playing; },
  get measured() { return ruler.sentence; },
});
