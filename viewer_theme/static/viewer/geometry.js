// What is known of an image beyond its picture: letters at its edges, millimetres, its place in the body.

export class Geometry {
  #kinds;
  #images;

  /** @param {{kinds: object[], images: Array<[number, ?number]>}} found as the source answers it; images count from 1 here */
  constructor(found) {
    this.#kinds = found.kinds;
    this.#images = found.images;
  }

  static none() {
    return new Geometry({ kinds: [], images: [] });
  }

  /** Letters at the left, right, upper and lower edge, or null. */
  edges(number) {
    return this.#kind(number)?.edges ?? null;
  }

  /** Millimetres between two points that are given as parts (0 to 1) of the picture's width and height; null if unknown. */
  millimetres(number, from, to) {
    const kind = this.#kind(number);
    if (!kind?.spacing || !kind.columns || !kind.rows) return null;
    const [across, down] = kind.spacing;
    return Math.hypot((to.x - from.x) * kind.columns * across, (to.y - from.y) * kind.rows * down);
  }

  measures(number) {
    return this.millimetres(number, { x: 0, y: 0 }, { x: 1, y: 1 }) !== null;
  }

  /** Whether the scale is that of the detector: the body itself is smaller then. */
  isAtDetector(number) {
    return Boolean(this.#kind(number)?.detector);
  }

  place(number) {
    return this.#images[number - 1]?.[1] ?? null;
  }

  /** The image nearest to a place in millimetres, 0 if none has one. */
  nearest(place) {
    let best = 0;
    let least = Infinity;
    this.#images.forEach(([, at], index) => {
      if (at !== null && Math.abs(at - place) < least) {
        least = Math.abs(at - place);
        best = index + 1;
      }
    });
    return best;
  }

  #kind(number) {
    return this.#kinds[this.#images[number - 1]?.[0]];
  }
}
