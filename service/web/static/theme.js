/* Light or dark by hand, remembered on this device. Runs in the head, before the first paint; without it, or
   without storage, the system's choice stands (tokens.css). */
(() => {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");

  const remembered = () => {
    try {
      return localStorage.getItem("theme");
    } catch {
      return null; // storage is switched off
    }
  };

  const remember = (theme) => {
    try {
      localStorage.setItem("theme", theme);
    } catch {
      /* the choice lasts for this page */
    }
  };

  const shown = () => root.dataset.theme ?? (system.matches ? "dark" : "light");
  const other = () => (shown() === "dark" ? "light" : "dark");

  const chosen = remembered();
  if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen;

  // Paper is light, whatever the screen is.
  let onScreen;
  addEventListener("beforeprint", () => {
    onScreen = root.dataset.theme;
    root.dataset.theme = "light";
  });
  addEventListener("afterprint", () => {
    if (onScreen) root.dataset.theme = onScreen;
    else delete root.dataset.theme;
  });

  addEventListener("DOMContentLoaded", () => {
    const name = (button) => {
      for (const words of button.querySelectorAll("[data-theme-words]")) words.hidden = words.dataset.themeWords !== other();
    };
    const buttons = [...document.querySelectorAll("[data-theme-switch]")];
    for (const button of buttons) {
      button.hidden = false;
      name(button);
      button.addEventListener("click", () => {
        root.dataset.theme = other();
        remember(root.dataset.theme);
        buttons.forEach(name);
      });
    }
    system.addEventListener("change", () => buttons.forEach(name));
  });
})();
