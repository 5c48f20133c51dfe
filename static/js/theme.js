// Light or dark: the reader's system decides until he does. Kept in a cookie, so the server sends the right one at once.
const dark = document.getElementById("dark");

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-theme-toggle]") || !dark) return;
  const isDark = matchMedia(dark.media).matches;
  dark.media = isDark ? "not all" : "all";
  const theme = isDark ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  document.cookie = `kefu_theme=${theme}; path=/; max-age=31536000; samesite=lax`;
});
