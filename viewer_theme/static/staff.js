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
