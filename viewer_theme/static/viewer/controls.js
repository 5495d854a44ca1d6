// Buttons, sliders, keys and words around the picture. Reports what somebody wants; shows what it is told.

const BUSY_AFTER_MS = 150;
const ANNOUNCE_AFTER_MS = 500;
const PAGE = 10;

const byId = id => document.getElementById(id);

/**
 * @param {object} want
 *   go(number), step(n), zoom(factor), move(dx, dy), reset(), toneMode(on), tone(brightness, contrast, held), preset(window)
 */
export class Controls {
  #count;
  #words;
  #busyTimer = 0;
  #announceTimer = 0;
  #announced = '';

  constructor({ count, words }, want) {
    this.#count = count;
    this.#words = words;
    this.#pager(want);
    this.#tools(want);
    this.#keys(want);
  }

  showPosition(number) {
    const words = this.#words.position.replace('{n}', number).replace('{count}', this.#count);
    byId('position').textContent = words;
    byId('canvas').setAttribute('aria-label', `${document.querySelector('h1').textContent}, ${words}`);
    const slider = byId('slider');
    slider.value = number;
    slider.setAttribute('aria-valuetext', words);
    slider.style.setProperty('--part', this.#count > 1 ? (number - 1) / (this.#count - 1) : 0);
    byId('previous').setAttribute('aria-disabled', String(number <= 1));
    byId('next').setAttribute('aria-disabled', String(number >= this.#count));
    /* The slider speaks for itself while it has the focus. */
    if (document.activeElement !== slider) this.announce(words);
  }

  announce(words) {
    clearTimeout(this.#announceTimer);
    this.#announceTimer = setTimeout(() => {
      if (words !== this.#announced) byId('announcer').textContent = this.#announced = words;
    }, ANNOUNCE_AFTER_MS);
  }

  /** Says that something is being waited for, but only when it takes long enough to be noticed. */
  showBusy(busy) {
    if (busy) {
      this.#busyTimer ||= setTimeout(() => { byId('busy').hidden = false; }, BUSY_AFTER_MS);
      return;
    }
    clearTimeout(this.#busyTimer);
    this.#busyTimer = 0;
    byId('busy').hidden = true;
  }

  showPlaceholder(words) {
    const placeholder = byId('placeholder');
    placeholder.hidden = !words;
    if (placeholder.textContent === words) return;
    placeholder.textContent = words;
    if (words) this.announce(words);
  }

  showHint() {
    byId('hint').hidden = false;
  }

  hideHint() {
    byId('hint').hidden = true;
  }

  showZoom(zoom) {
    byId('smaller').setAttribute('aria-disabled', String(zoom <= 1));
  }

  showTone({ brightness, contrast }, presetUsed) {
    for (const [id, value] of [['brightness', brightness], ['contrast', contrast]]) {
      byId(id).value = value;
      byId(id).style.setProperty('--part', (Number(value) + 100) / 200);
    }
    for (const chip of document.querySelectorAll('[data-preset]')) {
      chip.setAttribute('aria-pressed', String((presetUsed || '') === (chip.dataset.center ? chip.textContent : '')));
    }
  }

  #pager(want) {
    byId('slider').addEventListener('input', event => want.go(Number(event.target.value)));
    byId('previous').addEventListener('click', () => want.step(-1));
    byId('next').addEventListener('click', () => want.step(1));
  }

  #tools(want) {
    const toggle = byId('tone-toggle');
    toggle.addEventListener('click', () => {
      const on = toggle.getAttribute('aria-pressed') !== 'true';
      toggle.setAttribute('aria-pressed', String(on));
      toggle.setAttribute('aria-expanded', String(on));
      byId('tone').hidden = !on;
      want.toneMode(on);
    });
    byId('larger').addEventListener('click', () => want.zoom(1.5));
    byId('smaller').addEventListener('click', () => want.zoom(1 / 1.5));
    byId('reset').addEventListener('click', () => want.reset());

    const turned = held => want.tone(Number(byId('brightness').value), Number(byId('contrast').value), held);
    for (const id of ['brightness', 'contrast']) {
      byId(id).addEventListener('input', () => turned(true));
      /* "change" stays away when the knob is let go where it was taken. */
      for (const end of ['change', 'pointerup', 'blur']) byId(id).addEventListener(end, () => turned(false));
    }
    for (const chip of document.querySelectorAll('[data-preset]')) {
      const { center, width } = chip.dataset;
      chip.addEventListener('click', () => want.preset(
        center === undefined ? null : { center: Number(center), width: Number(width), label: chip.textContent },
      ));
    }
  }

  #keys(want) {
    const turnPages = {
      ArrowDown: () => want.step(1), ArrowRight: () => want.step(1),
      ArrowUp: () => want.step(-1), ArrowLeft: () => want.step(-1),
      PageDown: () => want.step(PAGE), PageUp: () => want.step(-PAGE),
      Home: () => want.go(1), End: () => want.go(this.#count),
    };
    const move = { ArrowDown: [0, -1], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowLeft: [1, 0] };
    /* Single characters only while the picture has the focus: dictation software "types" them by accident. */
    const onPicture = { '+': () => want.zoom(1.5), '-': () => want.zoom(1 / 1.5), 0: () => want.reset() };

    document.addEventListener('keydown', event => {
      if (event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return;
      const { target, key } = event;
      /* The two knobs keep their arrow keys; the slider of images turns pages the way the whole window does. */
      if (target instanceof HTMLInputElement && target.id !== 'slider') return;
      const action = event.shiftKey && move[key] && target.id !== 'slider' ? () => want.move(...move[key].map(way => way * 60))
        : turnPages[key] || (target.id === 'stage' ? onPicture[key] : undefined);
      if (!action) return;
      event.preventDefault();
      action();
    });
  }
}
