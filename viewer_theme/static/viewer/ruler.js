// Measures distances: lines on the picture, kept in parts of its width and height, so that they stay when it is enlarged.

const SVG = 'http://www.w3.org/2000/svg';
const STEP = 0.01;

export class Ruler {
  #layer;
  #stage;
  #geometry;
  #words;
  #locale;
  #lines = new Map();
  #number = 0;
  #line = null;
  #cursor = null;

  /** @param {object} words approximate, detector, unknown: sentences with {mm} where the number goes */
  constructor(layer, stage, words) {
    this.#layer = layer;
    this.#stage = stage;
    this.#words = words;
    this.#locale = document.documentElement.lang;
  }

  use(geometry) {
    this.#geometry = geometry;
    this.draw();
  }

  show(number) {
    this.#number = number;
    this.draw();
  }

  begin(clientX, clientY) {
    const point = this.#stage.partAt(clientX, clientY);
    this.#line = { from: point, to: point };
    this.#cursor = null;
    this.#lines.set(this.#number, this.#line);
    this.draw();
  }

  drag(clientX, clientY) {
    if (!this.#line) return;
    this.#line.to = this.#stage.partAt(clientX, clientY);
    this.draw();
  }

  end() {
    this.#line = null;
  }

  clear() {
    this.#lines.clear();
    this.#line = this.#cursor = null;
    this.draw();
  }

  /** With keys: arrows move a cross, the enter key sets the beginning, then the end. */
  key(name, large) {
    const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    this.#cursor ||= { x: 0.5, y: 0.5 };
    if (ways[name]) {
      const step = STEP * (large ? 5 : 1);
      this.#cursor = { x: within(this.#cursor.x + ways[name][0] * step), y: within(this.#cursor.y + ways[name][1] * step) };
      if (this.#line) this.#line.to = this.#cursor;
    } else if (this.#line) {
      this.#line = null;
    } else {
      this.#line = { from: this.#cursor, to: this.#cursor };
      this.#lines.set(this.#number, this.#line);
    }
    this.draw();
  }

  /** The sentence that says what was measured; empty while there is nothing. */
  get sentence() {
    const line = this.#lines.get(this.#number);
    if (!line) return '';
    const length = this.#geometry?.millimetres(this.#number, line.from, line.to) ?? null;
    if (length === null) return this.#words.unknown;
    const words = this.#geometry.isAtDetector(this.#number) ? this.#words.detector : this.#words.approximate;
    return words.replace('{mm}', this.#text(length));
  }

  draw() {
    this.#layer.replaceChildren();
    if (this.#cursor) this.#cross(this.#stage.pointOf(this.#cursor));
    const line = this.#lines.get(this.#number);
    if (!line || !this.#stage.showsPicture) return;
    const [from, to] = [this.#stage.pointOf(line.from), this.#stage.pointOf(line.to)];
    /* Twice, dark below light: it must be seen on bone and on air. */
    for (const name of ['under', 'over']) this.#add('line', { class: name, x1: from.x, y1: from.y, x2: to.x, y2: to.y });
    for (const end of [from, to]) this.#add('circle', { class: 'over', cx: end.x, cy: end.y, r: 4 });
    const length = this.#geometry?.millimetres(this.#number, line.from, line.to) ?? null;
    if (length === null) return;
    const text = this.#add('text', { x: (from.x + to.x) / 2, y: Math.max(18, Math.min(from.y, to.y) - 10) });
    text.textContent = `${this.#text(length)} mm`;
  }

  #text(length) {
    return length.toLocaleString(this.#locale, { maximumFractionDigits: length < 100 ? 1 : 0 });
  }

  #cross({ x, y }) {
    for (const name of ['under', 'over']) {
      this.#add('line', { class: name, x1: x - 12, y1: y, x2: x + 12, y2: y });
      this.#add('line', { class: name, x1: x, y1: y - 12, x2: x, y2: y + 12 });
    }
  }

  #add(kind, attributes) {
    const element = document.createElementNS(SVG, kind);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    this.#layer.append(element);
    return element;
  }
}

function within(part) {
  return Math.max(0, Math.min(1, part));
}
