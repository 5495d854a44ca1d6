// The store of pictures: what is asked for next, what is kept, what is dropped.
//
// Blobs (compressed, tens of kilobytes) are kept for as many images as fit, bitmaps (decoded, megabytes) only around
// the present image. Pictures are asked for outwards from the present image, so that turning pages finds them there.

import { LONGEST_RUN, NotNow, SessionEnded } from './source.js';

/* The image that somebody is looking at comes beside these: a jump must not queue behind the prefetch. */
const PARALLEL_AHEAD = 3;
const PARALLEL_RUNS = 2;
const PARALLEL = PARALLEL_AHEAD + 1;
/* A run should take about this long: longer ones hold up whoever turns back, shorter ones waste the way to the server. */
const LONG_RUN_MS = 1200;
const SHORT_RUN_MS = 500;
const FIRST_RUN = 4;
/* A run further away than this from the present image has lost its purpose. */
const FAR = 40;
/* Where runs do not work images come one by one; after this time runs are tried once more. */
const WITHOUT_RUNS_MS = 30000;
const DECODING = 2;
const BLOB_BYTES = 96 * 2 ** 20;
const BITMAP_BYTES = 96 * 2 ** 20;
const DECODE_AHEAD = 24;
const MOST_TRIES = 4;
/* Pictures of a run are made for turning pages: where somebody stays this long, a finer one is asked for. */
const REST_MS = 400;

const keyOf = window => window ? `${window.center}/${window.width}` : '';

export class Pictures {
  #source;
  #entries;
  #onChange;
  #onEnded;
  #wanted;
  #direction = 1;
  #size;
  #focusSize = 0;
  #resting = 0;
  #rests = false;
  #window = null;
  #loading = 0;
  #decoding = 0;
  #blobBytes = 0;
  #bitmapBytes = 0;
  #started = false;
  #ended = false;
  #timer = 0;
  /** While true, nothing but the present image is asked for: its window is changing under somebody's finger. */
  #held = false;
  /** Runs under way: their images and how to end them. */
  #runs = new Set();
  #runLength = FIRST_RUN;
  #runsFrom = 0;
  #aheadFrom = 0;
  /** The image that is on the screen: its bitmap is drawn again when the screen turns, so that it must stay. */
  kept = 0;

  /**
   * @param {object} source has image(), run() and geometry(), as in source.js
   * @param {function(number)} onChange a picture of this image has arrived or has failed
   */
  constructor(source, { count, size, wanted, onChange, onEnded }) {
    this.#source = source;
    this.#entries = Array.from({ length: count + 1 }, () => ({}));
    this.#size = size;
    this.#wanted = wanted;
    this.#onChange = onChange;
    this.#onEnded = onEnded;
  }

  /** Takes in a picture that the page itself has brought. */
  adopt(number, bitmap, size) {
    const entry = this.#entries[number];
    if (entry.bitmap) return bitmap.close();
    Object.assign(entry, { bitmap, bitmapWindow: null, bitmapSize: size });
    this.#bitmapBytes += bytesOf(bitmap);
  }

  /** What the source knows beyond pictures. */
  geometry() {
    return this.#source.geometry();
  }

  start() {
    this.#started = true;
    this.#work();
  }

  want(number) {
    this.#direction = number < this.#wanted ? -1 : 1;
    this.#wanted = number;
    this.#focusSize = 0;
    this.#rests = false;
    clearTimeout(this.#resting);
    this.#resting = setTimeout(() => { this.#rests = true; this.#work(); }, REST_MS);
    this.#giveUpRuns();
    const entry = this.#entries[number];
    /* Somebody comes back to look again: so try again. */
    if (entry.missing) Object.assign(entry, { missing: false, tries: 0, waitUntil: 0 });
    this.#work();
  }

  /** The line is back: whatever waited for it need not wait any longer. */
  retry() {
    for (const entry of this.#entries) entry.waitUntil = 0;
    this.#aheadFrom = this.#runsFrom = 0;
    this.#work();
  }

  /** Pictures that are large enough stay; the others are asked for again. */
  setSize(size) {
    this.#size = size;
    this.#work();
  }

  /** A larger picture of the present image only: somebody has enlarged it. */
  sharpen(size) {
    this.#focusSize = size;
    this.#work();
  }

  setWindow(window, held) {
    this.#window = window;
    this.#held = held;
    this.#giveUpRuns();
    this.#work();
  }

  /** The best picture of this image that can be drawn now, or null. */
  picture(number) {
    const entry = this.#entries[number];
    return entry.bitmap ? { number, bitmap: entry.bitmap, window: entry.bitmapWindow } : null;
  }

  /** Of the pictures that can be drawn the one nearest to `number`, if it is nearer than `than`. */
  nearest(number, than) {
    const limit = Math.abs(number - than);
    for (let distance = 1; distance < limit; distance++) {
      const towards = than < number ? number - distance : number + distance;
      const found = this.#entries[towards]?.bitmap && this.picture(towards);
      if (found) return found;
    }
    return null;
  }

  isMissing(number) {
    return Boolean(this.#entries[number].missing);
  }

  isDelayed(number) {
    return (this.#entries[number].tries || 0) > 0;
  }

  get idle() {
    return this.#ended || (this.#loading === 0 && this.#decoding === 0 && !this.#timer && this.#nextToLoad() === 0);
  }

  get loaded() {
    return this.#entries.filter(entry => entry.blob || entry.bitmap).length;
  }

  get failed() {
    return this.#entries.filter(entry => entry.missing).length;
  }

  #work() {
    if (!this.#started || this.#ended) return;
    clearTimeout(this.#timer);
    this.#timer = 0;
    for (;;) {
      const number = this.#nextToLoad();
      if (number === 0 || this.#loading >= (number === this.#wanted ? PARALLEL : PARALLEL_AHEAD)) break;
      const run = this.#runFrom(number);
      if (run.length < 2) this.#load(number);
      else if (this.#runs.size < PARALLEL_RUNS) this.#loadRun(run);
      else break;
    }
    for (const number of this.#outwards(DECODE_AHEAD)) {
      const entry = this.#entries[number];
      if (this.#decoding >= DECODING && number !== this.#wanted) break;
      if (entry.blob && entry.blob !== entry.decoded && !entry.decoding && this.#fits(number)) this.#decode(number);
    }
    this.#drop();
    this.#sleepUntilNextTry();
  }

  /** The present image, then its neighbours, first those where somebody is heading. */
  *#outwards(reach) {
    const last = this.#entries.length - 1;
    yield this.#wanted;
    for (let distance = 1; distance <= Math.min(reach, last); distance++) {
      for (const number of [this.#wanted + distance * this.#direction, this.#wanted - distance * this.#direction]) {
        if (number >= 1 && number <= last) yield number;
      }
    }
  }

  #nextToLoad() {
    const now = Date.now();
    for (const number of this.#outwards(this.#held || this.#aheadFrom > now ? 0 : this.#reach())) {
      if (this.#isDue(number, now)) return number;
    }
    return 0;
  }

  #isDue(number, now) {
    const entry = this.#entries[number];
    return Boolean(entry) && !entry.loading && !entry.missing && !(entry.waitUntil > now) && !this.#isCurrent(number);
  }

  /** The images, in rising order, that can be asked for together with this one; further ones lie away from the present. */
  #runFrom(number) {
    const now = Date.now();
    if (number === this.#wanted || this.#runsFrom > now) return [number];
    const step = number < this.#wanted ? -1 : 1;
    const run = [];
    for (let next = number; run.length < this.#runLength; next += step) {
      if (next === 0 || this.#entries[next]?.alone || !this.#isDue(next, now)) break;
      run.push(next);
    }
    return step < 0 ? run.reverse() : run;
  }

  #isCurrent(number) {
    const entry = this.#entries[number];
    const size = Math.max(this.#size, number === this.#wanted ? this.#focusSize : 0);
    const key = keyOf(this.#window);
    if (number === this.#wanted && this.#rests && entry.coarse) return false;
    return Boolean((entry.blob && entry.size >= size && keyOf(entry.window) === key)
      || (entry.bitmap && entry.bitmapSize >= size && keyOf(entry.bitmapWindow) === key));
  }

  async #load(number) {
    const entry = this.#entries[number];
    const window = this.#window;
    const size = Math.max(this.#size, number === this.#wanted ? this.#focusSize : 0);
    entry.loading = true;
    this.#loading++;
    try {
      this.#keep(number, await this.#source.image(number, { size, window }), { size, window, coarse: false });
    } catch (error) {
      this.#fail(number, error);
    }
    entry.loading = false;
    this.#loading--;
    this.#work();
  }

  #keep(number, blob, { size, window, coarse }) {
    const entry = this.#entries[number];
    this.#blobBytes += blob.size - (entry.blob?.size || 0);
    Object.assign(entry, { blob, window, size, coarse, tries: 0 });
  }

  async #loadRun(numbers) {
    const rendering = { size: this.#size, window: this.#window };
    const control = new AbortController();
    const run = { numbers, control, rendering };
    const began = performance.now();
    const open = new Set(numbers);
    for (const number of numbers) this.#entries[number].loading = true;
    this.#runs.add(run);
    this.#loading++;
    try {
      for await (const [number, blob] of this.#source.run(numbers[0], numbers.length, rendering, control.signal)) {
        const entry = this.#entries[number];
        /* What a run cannot bring is asked for alone, once: that answer says why. */
        if (blob) this.#keep(number, blob, { ...rendering, coarse: true });
        else entry.alone = true;
        entry.loading = false;
        open.delete(number);
        this.#work();
      }
      if (open.size === numbers.length) this.#withoutRuns();
      else this.#judgeRun(performance.now() - began, open.size === 0);
    } catch (error) {
      if (!control.signal.aborted) this.#failRun(error);
    }
    for (const number of open) this.#entries[number].loading = false;
    this.#runs.delete(run);
    this.#loading--;
    this.#work();
  }

  #judgeRun(ms, whole) {
    if (ms > LONG_RUN_MS) this.#runLength = Math.max(2, this.#runLength >> 1);
    else if (ms < SHORT_RUN_MS && whole) this.#runLength = Math.min(LONGEST_RUN, this.#runLength * 2);
  }

  #failRun(error) {
    if (error instanceof SessionEnded) return this.#end(error);
    /* A busy server is left in peace by what lies ahead; the image on the screen is another matter. */
    if (error instanceof NotNow) this.#aheadFrom = Date.now() + error.waitMs;
    this.#withoutRuns();
  }

  #withoutRuns() {
    this.#runsFrom = Date.now() + WITHOUT_RUNS_MS;
  }

  /** Ends runs far from the present image, and those for a window that nobody looks through any more. */
  #giveUpRuns() {
    for (const { numbers, control, rendering } of this.#runs) {
      const distance = Math.min(...numbers.map(number => Math.abs(number - this.#wanted)));
      if (distance > FAR || keyOf(rendering.window) !== keyOf(this.#window)) control.abort();
    }
  }

  #end(error) {
    if (this.#ended) return;
    this.#ended = true;
    for (const { control } of this.#runs) control.abort();
    this.#onEnded(error);
  }

  #fail(number, error) {
    const entry = this.#entries[number];
    if (this.#ended) return;
    if (error instanceof SessionEnded) return this.#end(error);
    entry.tries = (entry.tries || 0) + 1;
    if (error instanceof NotNow) {
      /* A line that is down fails at once for every image: wait longer each time, together. */
      const wait = Math.min(error.waitMs * 2 ** (entry.tries - 1), 30000);
      const until = Date.now() + wait;
      for (const other of this.#entries) if (!other.bitmap && !other.blob) other.waitUntil = until;
      entry.waitUntil = until;
    } else {
      entry.missing = !entry.bitmap || entry.tries >= MOST_TRIES;
      entry.waitUntil = Date.now() + 1000;
    }
    this.#onChange(number);
  }

  async #decode(number) {
    const entry = this.#entries[number];
    const { blob, window, size } = entry;
    entry.decoding = true;
    this.#decoding++;
    try {
      const bitmap = await createImageBitmap(blob);
      this.#forgetBitmap(entry);
      Object.assign(entry, { bitmap, decoded: blob, bitmapWindow: window, bitmapSize: size });
      this.#bitmapBytes += bytesOf(bitmap);
      this.#onChange(number);
    } catch {
      if (entry.blob === blob) {
        this.#blobBytes -= blob.size;
        /* Damaged on the way, or beyond this browser: asked for once more, alone. */
        Object.assign(entry, { blob: null, missing: Boolean(entry.alone), alone: true });
        this.#onChange(number);
      }
    }
    entry.decoding = false;
    this.#decoding--;
    this.#work();
  }

  #forgetBitmap(entry) {
    if (!entry.bitmap) return;
    this.#bitmapBytes -= bytesOf(entry.bitmap);
    entry.bitmap.close();
    Object.assign(entry, { bitmap: null, decoded: null });
  }

  /** How far from the present image blobs fit into their share of memory. */
  #reach() {
    const count = this.#entries.length;
    if (this.#blobBytes < BLOB_BYTES / 2) return count;
    const average = this.#blobBytes / Math.max(1, this.#entries.filter(entry => entry.blob).length);
    return Math.max(DECODE_AHEAD, Math.floor(BLOB_BYTES / average / 2));
  }

  /** May this image be decoded without another one, nearer to the present one, having to go for it? */
  #fits(number) {
    const distance = Math.abs(number - this.#wanted);
    if (distance <= 1) return true;
    const one = this.#entries[this.#wanted].bitmap;
    return (2 * distance + 1) * (one ? bytesOf(one) : 4 * this.#size ** 2) <= BITMAP_BYTES;
  }

  #drop() {
    if (this.#bitmapBytes <= BITMAP_BYTES && this.#blobBytes <= BLOB_BYTES) return;
    const farthestFirst = this.#entries.map((_, number) => number).slice(1)
      .sort((a, b) => Math.abs(b - this.#wanted) - Math.abs(a - this.#wanted));
    for (const number of farthestFirst) {
      const entry = this.#entries[number];
      if (number === this.#wanted || number === this.kept) continue;
      if (this.#bitmapBytes > BITMAP_BYTES && !entry.decoding) this.#forgetBitmap(entry);
      if (this.#blobBytes > BLOB_BYTES && entry.blob && Math.abs(number - this.#wanted) > this.#reach()) {
        this.#blobBytes -= entry.blob.size;
        entry.blob = null;
      }
    }
  }

  #sleepUntilNextTry() {
    const now = Date.now();
    const waiting = this.#entries.filter(entry => entry.waitUntil > now && !entry.missing).map(entry => entry.waitUntil);
    if (this.#aheadFrom > now) waiting.push(this.#aheadFrom);
    if (waiting.length > 0) {
      this.#timer = setTimeout(() => { this.#timer = 0; this.#work(); }, Math.min(...waiting) - now + 10);
    }
  }
}

function bytesOf(bitmap) {
  return bitmap.width * bitmap.height * 4;
}
