// Brightness and contrast. Grey values are mapped to the screen by a window (center, width); people turn two knobs that
// go from -100 to 100. This file is arithmetic and nothing else.

/** Screen values of a picture that has no window of its own (colour, 8 bit): 0 is black, 1 is white. */
const SCREEN = { center: 0.5, width: 1 };

/** A knob at its end shifts the window by so many of its own widths, or makes it narrower or wider by this factor. */
const FARTHEST = 1;
const STRONGEST = 8;
/** A picture made for the screen has nothing beyond black and white: half of everything is plenty. */
const FARTHEST_ON_SCREEN = 0.5;
const STRONGEST_ON_SCREEN = 3;

/** Numbers that can be repeated: a hair's breadth of difference must not ask the server for another picture. */
const round = (value, width) => {
  const digits = Math.max(0, 2 - Math.floor(Math.log10(width)));
  return Number(value.toFixed(Math.min(digits, 6)));
};

const clampKnob = value => Math.max(-100, Math.min(100, value));

export class Tone {
  #own;
  #base;
  #inverted;

  /** @param {?{center: number, width: number}} own the series' window, or null where there is none */
  constructor(own, inverted = false) {
    this.#own = own;
    this.#base = own || SCREEN;
    this.#inverted = inverted;
    this.brightness = 0;
    this.contrast = 0;
  }

  get untouched() {
    return this.brightness === 0 && this.contrast === 0 && this.#base === (this.#own || SCREEN);
  }

  reset() {
    this.usePreset(null);
  }

  /** @param {?{center: number, width: number}} window null: back to the series' own */
  usePreset(window) {
    this.#base = window || this.#own || SCREEN;
    this.brightness = 0;
    this.contrast = 0;
  }

  turn(brightness, contrast) {
    this.brightness = clampKnob(brightness);
    this.contrast = clampKnob(contrast);
  }

  /** The window that the knobs stand for. */
  get window() {
    const { center, width } = this.#base;
    const strongest = this.#own ? STRONGEST : STRONGEST_ON_SCREEN;
    const farthest = this.#own ? FARTHEST : FARTHEST_ON_SCREEN;
    const narrowed = width / strongest ** (this.contrast / 100);
    /* White is at the window's lower end when the picture is inverted. */
    const shifted = center + (this.#inverted ? 1 : -1) * (this.brightness / 100) * farthest * width;
    return { center: round(shifted, narrowed), width: Math.max(round(narrowed, narrowed), 1e-6) };
  }

  /** The window to ask the server for; null: whatever each image says itself. */
  get requested() {
    return this.#own && !this.untouched ? this.window : null;
  }

  /**
   * How a picture that was rendered in one window is to be stretched to look as if it were in the present one:
   * shown = slope * value + intercept, values from 0 to 1. Exact but for what the first window had already cut off.
   * @param {?{center: number, width: number}} rendered null: the picture's own window
   */
  stretchFrom(rendered) {
    const from = rendered || this.#own || SCREEN;
    if (rendered === null && this.untouched) return { slope: 1, intercept: 0 };
    const to = this.window;
    const slope = from.width / to.width;
    const intercept = 0.5 + (from.center - from.width / 2 - to.center) / to.width;
    return this.#inverted ? { slope, intercept: 1 - slope - intercept } : { slope, intercept };
  }
}
