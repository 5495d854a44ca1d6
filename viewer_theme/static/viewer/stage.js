// The canvas: draws one picture, fitted, enlarged and moved. Knows nothing of series, windows or requests.

const LARGEST_ZOOM = 12;
/* More device pixels than this are not seen, but have to be filled. */
const MOST_PIXEL_RATIO = 3;
/* The best filter takes several frames where there is no graphics processor: it waits until nothing moves. */
const REST_MS = 150;

export class Stage {
  #canvas;
  #context;
  #filter;
  #functions;
  #bitmap = null;
  #drawing = 0;
  #resting = 0;
  #onResize;
  #onDraw = () => {};
  zoom = 1;
  #x = 0;
  #y = 0;

  /** @param {SVGFilterElement} filter has one linear function for each colour */
  constructor(canvas, filter, onResize) {
    this.#canvas = canvas;
    this.#context = canvas.getContext('2d');
    this.#filter = filter;
    this.#functions = filter.querySelectorAll('[type=linear]');
    this.#onResize = onResize;
    this.#measure();
    new ResizeObserver(() => { if (this.#measure()) this.#onResize(); }).observe(canvas);
  }

  /** The longest edge that the picture has on the screen, in device pixels, at this zoom. */
  pixelsNeeded(zoom = 1) {
    const { width, height } = this.#canvas;
    if (!this.#bitmap) return Math.min(width, height) * zoom;
    return Math.max(this.#bitmap.width, this.#bitmap.height) * this.#fit() * zoom;
  }

  show(bitmap) {
    this.#bitmap = bitmap;
    this.#clamp();
    this.#drawSoon();
  }

  clear() {
    this.show(null);
  }

  /** Calls back after each drawing: what lies over the picture has to follow it. */
  set onDraw(follow) {
    this.#onDraw = follow;
  }

  /** The picture and how many device pixels one of its pixels takes. */
  get drawn() {
    return { bitmap: this.#bitmap, scale: this.#bitmap ? this.#fit() * this.zoom : 1 };
  }

  get filter() {
    return this.#canvas.style.filter;
  }

  /** Where a point of the window lies in the picture, in parts of its width and height; outside of 0 to 1 beside it. */
  partAt(clientX, clientY) {
    if (!this.#bitmap) return { x: -1, y: -1 };
    const box = this.#canvas.getBoundingClientRect();
    const { left, top, width, height } = this.#frame();
    return { x: (clientX - box.left - left) / width, y: (clientY - box.top - top) / height };
  }

  /** Where a point of the picture lies on the stage, in CSS pixels from its upper left corner. */
  pointOf(part) {
    const { left, top, width, height } = this.#frame();
    return { x: left + part.x * width, y: top + part.y * height };
  }

  get showsPicture() {
    return this.#bitmap !== null;
  }

  stretch({ slope, intercept }) {
    if (slope === 1 && intercept === 0) {
      this.#canvas.style.filter = '';
      return;
    }
    for (const one of this.#functions) {
      one.setAttribute('slope', slope);
      one.setAttribute('intercept', intercept);
    }
    this.#canvas.style.filter = `url(#${this.#filter.id})`;
  }

  get enlarged() {
    return this.zoom > 1.01;
  }

  /** Enlarges so that the point under the finger stays there; the middle if no point is named. */
  zoomBy(factor, clientX, clientY) {
    const zoom = Math.max(1, Math.min(LARGEST_ZOOM, this.zoom * factor));
    const box = this.#canvas.getBoundingClientRect();
    const x = clientX === undefined ? 0 : clientX - box.left - box.width / 2;
    const y = clientY === undefined ? 0 : clientY - box.top - box.height / 2;
    const change = zoom / this.zoom;
    this.#x = x - (x - this.#x) * change;
    this.#y = y - (y - this.#y) * change;
    this.zoom = zoom;
    this.#clamp();
    this.#drawSoon();
  }

  moveBy(dx, dy) {
    this.#x += dx;
    this.#y += dy;
    this.#clamp();
    this.#drawSoon();
  }

  reset() {
    this.zoom = 1;
    this.#x = this.#y = 0;
    this.#drawSoon();
  }

  get height() {
    return this.#canvas.clientHeight;
  }

  #ratio() {
    return Math.min(window.devicePixelRatio || 1, MOST_PIXEL_RATIO);
  }

  #measure() {
    const width = Math.max(1, Math.round(this.#canvas.clientWidth * this.#ratio()));
    const height = Math.max(1, Math.round(this.#canvas.clientHeight * this.#ratio()));
    if (width === this.#canvas.width && height === this.#canvas.height) return false;
    this.#canvas.width = width;
    this.#canvas.height = height;
    this.#clamp();
    /* Setting the size has emptied the canvas: not to draw at once would flicker. */
    this.#draw();
    return true;
  }

  /** The rectangle that the picture takes on the stage, in CSS pixels. */
  #frame() {
    if (!this.#bitmap) return { left: 0, top: 0, width: 1, height: 1 };
    const scale = this.#fit() * this.zoom / this.#ratio();
    const width = this.#bitmap.width * scale;
    const height = this.#bitmap.height * scale;
    const { clientWidth, clientHeight } = this.#canvas;
    return { left: (clientWidth - width) / 2 + this.#x, top: (clientHeight - height) / 2 + this.#y, width, height };
  }

  #fit() {
    return Math.min(this.#canvas.width / this.#bitmap.width, this.#canvas.height / this.#bitmap.height);
  }

  /** The picture can be moved until its edge reaches the canvas's edge, no further: it cannot get lost. */
  #clamp() {
    if (!this.#bitmap) return;
    const scale = this.#fit() * this.zoom;
    const spareX = Math.max(0, (this.#bitmap.width * scale - this.#canvas.width) / 2 / this.#ratio());
    const spareY = Math.max(0, (this.#bitmap.height * scale - this.#canvas.height) / 2 / this.#ratio());
    this.#x = Math.max(-spareX, Math.min(spareX, this.#x));
    this.#y = Math.max(-spareY, Math.min(spareY, this.#y));
  }

  #drawSoon() {
    if (!this.#drawing) {
      this.#drawing = requestAnimationFrame(() => this.#draw());
    }
  }

  #draw(quality = 'low') {
    cancelAnimationFrame(this.#drawing);
    this.#drawing = 0;
    clearTimeout(this.#resting);
    if (quality === 'low') this.#resting = setTimeout(() => this.#draw('high'), REST_MS);
    const { width, height } = this.#canvas;
    /* Cleared, not blackened: the filter must not turn the surroundings grey. */
    this.#context.clearRect(0, 0, width, height);
    this.#onDraw();
    if (!this.#bitmap) return;
    const scale = this.#fit() * this.zoom;
    const w = this.#bitmap.width * scale;
    const h = this.#bitmap.height * scale;
    /* A picture that is made smaller would flicker with the quickest filter. */
    this.#context.imageSmoothingQuality = quality === 'low' && scale < 1 ? 'medium' : quality;
    this.#context.drawImage(this.#bitmap, (width - w) / 2 + this.#x * this.#ratio(), (height - h) / 2 + this.#y * this.#ratio(), w, h);
  }
}
