// Comfort for the login form. Without this script everything can still be typed and sent.

const CODE_LENGTH = 14;
const GROUPS = /^(.{5})(.{5})(.{4})$/;

const form = document.getElementById('login');
if (form) {
  const code = form.elements.code;
  const password = form.elements.password;
  const button = form.querySelector('button[type=submit]');
  const error = document.getElementById('error');
  const incomplete = document.getElementById('incomplete-link');

  const bare = text => text.toUpperCase().replace(/[^0-9A-Z]/g, '');
  const grouped = text => (bare(text).match(GROUPS) || [text]).slice(-3).join('-');

  /* The link carries the code behind a "#": browsers keep that part to themselves. */
  const takeCodeFromLink = () => {
    let fragment = location.hash.slice(1);
    try { fragment = decodeURIComponent(fragment); } catch { /* a stray percent sign: take it as it is */ }
    if (fragment === '' || fragment === 'content') return;
    code.value = grouped(fragment.trim().slice(0, 64));
    if (incomplete) incomplete.hidden = bare(fragment).length === CODE_LENGTH;
  };

  const focusWhatIsMissing = () => {
    if (code.getAttribute('aria-invalid') || (incomplete && !incomplete.hidden)) code.focus();
    else if (bare(code.value).length === CODE_LENGTH) password.focus();
    else if (error) error.focus();
  };

  /* Scripts run here: the server may rely on hearing of the pages, and on their farewell. */
  form.elements.watched.value = '1';

  takeCodeFromLink();
  focusWhatIsMissing();
  /* Opening a second letter's link in the same tab changes nothing but the fragment. */
  addEventListener('hashchange', () => { takeCodeFromLink(); focusWhatIsMissing(); });

  /* Whoever pastes the whole link means the code in it. */
  code.addEventListener('change', () => { code.value = grouped(code.value.slice(code.value.lastIndexOf('#') + 1)); });

  const reveal = document.getElementById('reveal');
  reveal.hidden = false;
  reveal.addEventListener('click', () => {
    const show = password.type === 'password';
    password.type = show ? 'text' : 'password';
    reveal.setAttribute('aria-pressed', String(show));
    password.focus();
  });

  /* Checking a password takes the server a moment on purpose: say so, and send only once. */
  const words = button.textContent;
  form.addEventListener('submit', event => {
    if (button.getAttribute('aria-disabled')) { event.preventDefault(); return; }
    /* A password that is visible would be offered to the browser's list of earlier entries. */
    password.type = 'password';
    button.setAttribute('aria-disabled', 'true');
    button.textContent = button.dataset.busy;
  });
  /* Coming back with the "back" button: the page may be shown as it was left. */
  addEventListener('pageshow', event => {
    if (!event.persisted) return;
    button.removeAttribute('aria-disabled');
    button.textContent = words;
    password.value = '';
  });
}
