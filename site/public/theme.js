// Sets the theme that the person chose before the page is painted; a classic script, so that it runs in time.
// The same name is written by themebutton.js.
try {
  const theme = localStorage.getItem('theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Storage is switched off: the system's theme it is.
}
