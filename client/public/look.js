// Before the first paint: the theme, text size and language somebody chose on this machine (client/people/look.svelte.ts).
(function () {
  var root = document.documentElement;
  try {
    var theme = localStorage.getItem('linli.theme');
    if (theme === 'light' || theme === 'dark') root.dataset.theme = theme;
    if (localStorage.getItem('linli.text') === 'large') root.dataset.text = 'large';
    if (localStorage.getItem('linli.locale') === 'en') root.lang = 'en';
  } catch (error) {
    // Storage is refused: the system's choices stand.
    root.dataset.kept = 'nothing';
  }
})();
