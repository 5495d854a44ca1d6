// Buttons, sliders, keys and words around the picture. Reports what somebody wants; shows what it is told.

const BUSY_AFTER_MS = 150;
const ANNOUNCE_AFTER_MS = 500;
const PAGE = 10;

const byId = id => document.getElementById(id);

/**
 * @param {object} want
 *   go(number), step(n), zoom(factor), move(dx, dy), reset(), toneMode(on), tone(brightness, contrast, held), preset(window),
 *   play(), speed(), tool(name), save(), ruler(key, large) -> whether the ruler is in hand and has taken the key
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
    this.#more(want);
    this.#keys(want);
  }

  /** @param {?string[]} letters at the left, right, upper and lower edge */
  showEdges(letters) {
    ['left', 'right', 'above', 'below'].forEach((edge, at) => { byId(`edge-${edge}`).textContent = letters ? letters[at] : ''; });
  }

  showNotice(words) {
    const notice = byId('notice');
    notice.hidden = !words;
    if (notice.textContent !== words) notice.textContent = words;
  }

  showTool(name) {
    byId('measure').setAttribute('aria-pressed', String(name === 'measure'));
    byId('lens-toggle').setAttribute('aria-pressed', String(name === 'lens'));
  }

  showCine({ playing, factor }) {
    const play = byId('play');
    if (!play) return;
    play.setAttribute('aria-pressed', String(playing));
    play.querySelector('.label').textContent = playing ? this.#words.textPlaying : this.#words.textPaused;
    const speed = factor.toLocaleString(document.documentElement.lang);
    byId('speed').querySelector('.label').textContent = this.#words.textSpeed.replace('{n}', speed);
  }

  showPosition(number) {
    const words = this.#words.textPosition.replace('{n}', number).replace('{count}', this.#count);
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
    /* One panel at a time: a phone has no room for two, and a picture. */
    const panels = [['tone-toggle', 'tone'], ['more-toggle', 'more']];
    const open = opened => {
      for (const [toggle, panel] of panels) {
        const on = panel === opened;
        byId(toggle).setAttribute('aria-pressed', String(on));
        byId(toggle).setAttribute('aria-expanded', String(on));
        byId(panel).hidden = !on;
      }
      byId('viewer').toggleAttribute('data-panel', Boolean(opened));
      want.toneMode(opened === 'tone');
    };
    for (const [toggle, panel] of panels) {
      byId(toggle).addEventListener('click', () => {
        open(byId(panel).hidden ? panel : '');
        /* Where the page scrolls, what opens above must not push away what closes it. */
        byId(toggle).scrollIntoView({ block: 'nearest' });
      });
    }
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

  #more(want) {
    byId('play')?.addEventListener('click', () => want.play());
    byId('speed')?.addEventListener('click', () => want.speed());
    byId('measure').addEventListener('click', () => { want.tool('measure'); byId('stage').focus(); });
    byId('lens-toggle').addEventListener('click', () => want.tool('lens'));
    byId('save')?.addEventListener('click', () => want.save());
    byId('about-open').addEventListener('click', () => byId('about').showModal());
    const full = byId('full-screen');
    full?.addEventListener('click', () => {
      if (document.fullscreenElement) document.exitFullscreen();
      else document.documentElement.requestFullscreen?.().catch(() => {});
    });
    document.addEventListener('fullscreenchange', () => full?.setAttribute('aria-pressed', String(Boolean(document.fullscreenElement))));
  }

  #keys(want) {
    const ofRuler = new Set(['ArrowDown', 'ArrowRight', 'ArrowUp', 'ArrowLeft', 'Enter']);
    const turnPages = {
      ArrowDown: () => want.step(1), ArrowRight: () => want.step(1),
      ArrowUp: () => want.step(-1), ArrowLeft: () => want.step(-1),
      PageDown: () => want.step(PAGE), PageUp: () => want.step(-PAGE),
      Home: () => want.go(1), End: () => want.go(this.#count),
      Escape: () => want.tool(''),
    };
    const move = { ArrowDown: [0, -1], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowLeft: [1, 0] };
    /* Single characters only while the picture has the focus: dictation software "types" them by accident. */
    const onPicture = { '+': () => want.zoom(1.5), '-': () => want.zoom(1 / 1.5), 0: () => want.reset(), ' ': () => want.play() };

    document.addEventListener('keydown', event => {
      if (event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return;
      if (document.querySelector('dialog[open]')) return;
      const { target, key } = event;
      if (target.id === 'stage' && ofRuler.has(key) && want.ruler(key, event.shiftKey)) return event.preventDefault();
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
