// A magnifying glass that follows the pointer, drawn from the picture itself, not from what the screen shows of it.

const ENLARGES = 2.5;

export class Lens {
  #canvas;
  #context;
  #stage;

  constructor(canvas, stage) {
    this.#canvas = canvas;
    this.#context = canvas.getContext('2d');
    this.#stage = stage;
  }

  /** Shows what lies at this point of the window. */
  at(clientX, clientY) {
    const { bitmap, scale } = this.#stage.drawn;
    const part = this.#stage.partAt(clientX, clientY);
    if (!bitmap || part.x < 0 || part.x > 1 || part.y < 0 || part.y > 1) return this.hide();
    this.#canvas.hidden = false;
    const ratio = window.devicePixelRatio || 1;
    const size = this.#canvas.clientWidth * ratio;
    if (this.#canvas.width !== size) this.#canvas.width = this.#canvas.height = size;
    const box = this.#canvas.parentElement.getBoundingClientRect();
    this.#canvas.style.left = `${clientX - box.left - this.#canvas.clientWidth / 2}px`;
    this.#canvas.style.top = `${clientY - box.top - this.#canvas.clientHeight / 2}px`;
    this.#canvas.style.filter = this.#stage.filter;
    const taken = size / (scale * ENLARGES);
    this.#context.clearRect(0, 0, size, size);
    this.#context.imageSmoothingQuality = 'high';
    this.#context.drawImage(bitmap, part.x * bitmap.width - taken / 2, part.y * bitmap.height - taken / 2, taken, taken, 0, 0, size, size);
  }

  hide() {
    this.#canvas.hidden = true;
  }
}
