// Plays a series like a film: as fast as it was taken, slower or faster, and never ahead of its pictures.

const SLOWEST_MS = 1000;
const FASTEST_MS = 25;

export class Cine {
  #frameMs;
  #factor = 1;
  #timer = 0;
  #next;
  #ready;
  #changed;

  /**
   * @param {number} frameMs milliseconds between two images at normal speed
   * @param {function()} next shows the following image
   * @param {function(): boolean} ready whether its picture is there: a film that runs ahead of the line shows nothing
   * @param {function()} changed playing or the speed has changed
   */
  constructor(frameMs, { next, ready, changed }) {
    this.#frameMs = frameMs;
    this.#next = next;
    this.#ready = ready;
    this.#changed = changed;
    document.addEventListener('visibilitychange', () => { if (document.hidden) this.stop(); });
  }

  get playing() {
    return this.#timer !== 0;
  }

  get factor() {
    return this.#factor;
  }

  toggle() {
    if (this.playing) this.stop();
    else this.#play();
  }

  stop() {
    if (!this.playing) return;
    clearInterval(this.#timer);
    this.#timer = 0;
    this.#changed();
  }

  /** Half, normal and double speed, in turn. */
  changeSpeed() {
    this.#factor = { 1: 2, 2: 0.5, 0.5: 1 }[this.#factor];
    if (this.playing) {
      clearInterval(this.#timer);
      this.#play();
    } else {
      this.#changed();
    }
  }

  #play() {
    const wait = Math.max(FASTEST_MS, Math.min(SLOWEST_MS, this.#frameMs / this.#factor));
    this.#timer = setInterval(() => { if (this.#ready()) this.#next(); }, wait);
    this.#changed();
  }
}
