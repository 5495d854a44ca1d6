// Dresses the web viewer in the frame: our theme, words in the reader's language, and a way out when it has nothing to
// show. All of it is cosmetic and expects nothing: a viewer that is built otherwise is simply left as it is.

const frame = document.getElementById('frame');
const trouble = document.getElementById('trouble');

const WAIT_FOR_STYLE_MS = 2000;
const WAIT_FOR_PICTURES_MS = 8000;

function showTrouble() {
  trouble.hidden = false;
}

function goToStart() {
  location.replace(frame.dataset.endedUrl);
}

function judge(status) {
  if (status === 401 || status === 403) goToStart();
  else showTrouble();
}

/** The viewer measures its window itself, when it changes: the theme has made the strip below larger. */
function measureAgain(inner) {
  inner.dispatchEvent(new Event('resize'));
}

function addTheme(inner, page) {
  const settle = () => {
    measureAgain(inner);
    writeNames(page);
  };
  const link = page.createElement('link');
  link.rel = 'stylesheet';
  link.href = frame.dataset.theme;
  link.addEventListener('load', settle);
  page.head.append(link);
  setTimeout(settle, WAIT_FOR_STYLE_MS);
}

function translate(page) {
  const words = JSON.parse(frame.dataset.words);
  const opener = page.getElementById('open-toolbar');
  if (opener) {
    opener.title = frame.dataset.tools;
    opener.setAttribute('aria-label', frame.dataset.tools);
  }
  for (const button of page.querySelectorAll('button[title]')) {
    const word = words[button.title];
    if (!word) continue;
    button.title = word;
    button.setAttribute('aria-label', word);
  }
  /* The headings of the groups of buttons are bare text between them. */
  for (const panel of page.querySelectorAll('#toolbar-content, .jsPanel-content')) {
    const walker = page.createTreeWalker(panel, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const word = words[walker.currentNode.data.trim()];
      if (word) walker.currentNode.data = word;
    }
  }
}

/** DICOM puts "^" between the parts of a name, people do not. */
function writeNames(page) {
  const corner = page.getElementById('topright');
  if (!corner) return;
  for (const node of corner.childNodes) {
    if (node.nodeType === Node.TEXT_NODE && node.data.includes('^')) {
      const [family, given] = node.data.split('^');
      node.data = `${given} ${family}`.trim();
    }
  }
}

/** Its own complaint is an alert box about decoder plugins: that is not for patients. */
function listenForFailures(inner) {
  const library = inner.jQuery;
  if (typeof library === 'function') {
    library(inner.document).ajaxError((event, request) => judge(request.status));
  }
}

/** A viewer that brings its own look is only watched: a page that could not be loaded means that the session is over. */
function watch(page) {
  const [visit] = frame.contentWindow?.performance?.getEntriesByType?.('navigation') || [];
  if (!page || visit?.responseStatus >= 400) judge(visit?.responseStatus ?? 403);
}

function dress() {
  const inner = frame.contentWindow;
  let page = null;
  try { page = frame.contentDocument; } catch { /* not ours: nothing to do with it */ }
  if (!frame.dataset.theme) {
    watch(page);
    return;
  }
  if (!page || !page.getElementById('dicomImage')) {
    const [visit] = inner?.performance?.getEntriesByType?.('navigation') || [];
    judge(visit?.responseStatus);
    return;
  }
  addTheme(inner, page);
  translate(page);
  listenForFailures(inner);
  /* Without pictures it stops before it has filled in its corners. */
  setTimeout(() => {
    if (page.getElementById('topright')?.textContent.trim() === 'Render Time:') showTrouble();
  }, WAIT_FOR_PICTURES_MS);
}

if (frame.contentDocument?.readyState === 'complete' && frame.contentWindow.location.href !== 'about:blank') dress();
frame.addEventListener('load', dress);
