// First script of every page, so that none flashes in the wrong colours. The server writes what was chosen;
// where nothing was chosen yet, the system decides.
(function () {
  const root = document.documentElement;
  if (!root.dataset.bsTheme) {
    root.dataset.bsTheme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  }
})();
