// Where pictures come from: a server, or a folder beside the page. Everything else asks for "image n, this large, in
// this window" and gets something that createImageBitmap() takes, with its size in bytes.

/** Lengths of the longest edge, in pixels, that the server renders. */
export const SIZES = [128, 256, 512, 768, 1024, 1536, 2048];

/** So many images may be asked for in one run. */
export const LONGEST_RUN = 16;

/** The session is over: no picture will come any more. */
export class SessionEnded extends Error {}

/** The study itself is not there any more. */
export class StudyGone extends SessionEnded {}

/** This picture cannot be had; asking again does not help. */
export class PictureMissing extends Error {}

/** Not now: the line is down or the server is busy. */
export class NotNow extends Error {
  constructor(waitMs) {
    super('not now');
    this.waitMs = waitMs;
  }
}

const DEFAULT_WAIT_MS = 2000;
/* A length beyond this is not ours: something between us and the server has changed the answer. */
const LARGEST_PICTURE = 16 * 2 ** 20;

export class ServerSource {
  #images;
  #batches;
  #geometryUrl;

  constructor({ images, batches, geometry }) {
    this.#images = images;
    this.#batches = batches;
    this.#geometryUrl = geometry;
  }

  /** Letters, millimetres and places of all images (geometry.js); nothing where they cannot be had. */
  async geometry() {
    try {
      const response = await fetch(this.#geometryUrl, { credentials: 'same-origin', redirect: 'manual' });
      return response.ok ? await response.json() : { kinds: [], images: [] };
    } catch {
      return { kinds: [], images: [] };
    }
  }

  /**
   * @param {number} number the image's number, from 1
   * @param {{size: number, window: ?{center: number, width: number}}} rendering no window: the image's own
   * @returns {Promise<Blob>}
   */
  async image(number, rendering) {
    const response = await ask(`${this.#images}/${number}?${queryOf(rendering)}`);
    try {
      return await response.blob();
    } catch {
      throw new NotNow(DEFAULT_WAIT_MS);
    }
  }

  /**
   * The images from number `first` on, each as soon as it is there; perhaps fewer than `count`.
   *
   * @param {AbortSignal} signal ends the run, silently
   * @returns {AsyncGenerator<[number, ?Blob]>} null for an image that this way does not bring
   */
  async *run(first, count, rendering, signal) {
    const query = queryOf(rendering);
    query.set('count', count);
    const response = await ask(`${this.#batches}/${first}?${query}`, signal);
    if (!response.headers.get('Content-Type')?.startsWith('application/octet-stream')) throw new PictureMissing();
    const stream = new Bytes(response.body.getReader());
    try {
      for (let number = first; number < first + count; number++) {
        const head = await stream.take(4);
        if (!head) return;
        const length = new DataView(head.buffer, head.byteOffset).getUint32(0);
        if (length > LARGEST_PICTURE) throw new PictureMissing();
        const body = length ? await stream.take(length) : null;
        if (length && !body) throw new PictureMissing();
        yield [number, body && isJpeg(body) ? new Blob([body], { type: 'image/jpeg' }) : null];
      }
    } finally {
      stream.close();
    }
  }
}

/** A copy without a server: the pictures lie in a folder beside the page, in one size and one window. */
export class FolderSource {
  #pictures;
  #geometry;

  /** @param {string[]} pictures the files, in the order of the images */
  constructor({ pictures, geometry }) {
    this.#pictures = pictures;
    this.#geometry = geometry;
  }

  async geometry() {
    return this.#geometry;
  }

  /** An element in place of a blob: pages from a disk may show their neighbours' pictures, but not read them. */
  async image(number) {
    const picture = new Image();
    picture.src = this.#pictures[number - 1];
    try {
      await picture.decode();
    } catch {
      throw new PictureMissing();
    }
    /* About what it weighs; how much it is exactly, no page from a disk is told. */
    return Object.assign(picture, { size: picture.naturalWidth * picture.naturalHeight / 4 });
  }

  async *run() {}
}

/** Asks, and says in one of the errors above why there is nothing. */
async function ask(url, signal) {
  let response;
  try {
    /* A redirect could only lead to a page for people. */
    response = await fetch(url, { credentials: 'same-origin', redirect: 'manual', signal });
  } catch {
    throw new NotNow(DEFAULT_WAIT_MS);
  }
  const { status } = response;
  if (status === 401 || status === 403 || response.type === 'opaqueredirect') throw new SessionEnded();
  if (status === 410) throw new StudyGone();
  if (status === 502 || status === 503 || status === 504) {
    throw new NotNow(1000 * Number(response.headers.get('Retry-After')) || DEFAULT_WAIT_MS);
  }
  if (!response.ok) throw new PictureMissing();
  return response;
}

function queryOf({ size, window }) {
  const query = new URLSearchParams({ size });
  if (window) {
    query.set('center', window.center);
    query.set('width', window.width);
  }
  return query;
}

function isJpeg(bytes) {
  return bytes[0] === 0xff && bytes[1] === 0xd8;
}

/** Takes pieces of a wanted length from a stream of pieces of any length. */
class Bytes {
  #reader;
  #pieces = [];
  #length = 0;

  constructor(reader) {
    this.#reader = reader;
  }

  /** The next `length` bytes, or null where the stream ends before. */
  async take(length) {
    while (this.#length < length) {
      let next;
      try {
        next = await this.#reader.read();
      } catch {
        throw new NotNow(DEFAULT_WAIT_MS);
      }
      if (next.done) return null;
      this.#pieces.push(next.value);
      this.#length += next.value.length;
    }
    const taken = new Uint8Array(length);
    let at = 0;
    while (at < length) {
      const piece = this.#pieces[0];
      const part = piece.subarray(0, length - at);
      taken.set(part, at);
      at += part.length;
      if (part.length === piece.length) this.#pieces.shift();
      else this.#pieces[0] = piece.subarray(part.length);
    }
    this.#length -= length;
    return taken;
  }

  close() {
    this.#reader.cancel().catch(() => {});
  }
}
