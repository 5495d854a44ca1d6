// Comfort for the staff's pages; everything works without it.

// What happened is read out first: an error, a result.
const first = document.querySelector('[data-focus]');
if (first && !document.querySelector('[autofocus]')) first.focus();

// One press is enough; the server counts a form once anyway.
for (const button of document.querySelectorAll('button[data-once]')) {
  button.form.addEventListener('submit', event => {
    if (button.getAttribute('aria-disabled') === 'true') {
      event.preventDefault();
      return;
    }
    button.setAttribute('aria-disabled', 'true');
    button.textContent = button.dataset.once;
  });
}

// A report as PDF: its bytes alone, since a form in several parts is refused everywhere.
for (const form of document.querySelectorAll('form.upload')) {
  const said = form.querySelector('[role=status]');
  let busy = false;
  form.hidden = false;
  form.addEventListener('submit', async event => {
    event.preventDefault();
    const [file] = form.querySelector('input[type=file]').files;
    if (busy || !file) return;
    busy = true;
    said.textContent = said.dataset.busy;
    try {
      const answer = await fetch(form.dataset.url, { method: 'POST', body: file, headers: { 'Content-Type': 'application/pdf' } });
      if (answer.status === 201) return location.replace(form.dataset.done);
      said.textContent = answer.status === 422 || answer.status === 413 ? said.dataset.unusable : said.dataset.failed;
    } catch {
      said.textContent = said.dataset.failed;
    }
    busy = false;
  });
}
