// The letter was opened to be printed.
window.addEventListener('load', () => window.print());
