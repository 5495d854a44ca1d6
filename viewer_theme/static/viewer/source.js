// Where pictures come from. Everything else asks for "image n, this large, in this window" and gets a blob: a copy of
// the viewer without a server needs another class with this one method, and nothing else.

/** Lengths of the longest edge, in pixels, that the server renders. */
export const SIZES = [128, 256, 512, 768, 1024, 1536, 2048];

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

export class ServerSource {
  #prefix;

  constructor(prefix) {
    this.#prefix = prefix;
  }

  /**
   * @param {number} number the image's number, from 1
   * @param {{size: number, window: ?{center: number, width: number}}} rendering no window: the image's own
   * @returns {Promise<Blob>}
   */
  async load(number, { size, window }) {
    const query = new URLSearchParams({ size });
    if (window) {
      query.set('center', window.center);
      query.set('width', window.width);
    }
    let response;
    try {
      /* A redirect could only lead to a page for people. */
      response = await fetch(`${this.#prefix}/${number}?${query}`, { credentials: 'same-origin', redirect: 'manual' });
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
    try {
      return await response.blob();
    } catch {
      throw new NotNow(DEFAULT_WAIT_MS);
    }
  }
}
