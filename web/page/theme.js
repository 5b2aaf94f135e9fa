// @ts-check
/** Light, dark, or dark shifted to red for the night; the system's choice until a person chooses. */

const key = "ringdown.theme";
const themes = ["system", "light", "dark", "night"];

/** dress gives a page without a switch the look that was chosen on this device. */
export function dress() {
  const stored = localStorage.getItem(key) ?? "system";
  document.documentElement.dataset.theme = themes.includes(stored) ? stored : "system";
}

/** follow ties a page's look to its switch. @param {HTMLSelectElement} choice @param {() => void} changed */
export function follow(choice, changed) {
  const stored = localStorage.getItem(key) ?? "system";
  choice.value = themes.includes(stored) ? stored : "system";
  const apply = () => {
    document.documentElement.dataset.theme = choice.value;
    changed();
  };
  choice.addEventListener("change", () => {
    localStorage.setItem(key, choice.value);
    apply();
  });
  // The demo's stage frames two consoles and dresses them as itself.
  addEventListener("message", (e) => {
    if (window === parent || e.source !== parent || e.data?.ringdown !== "theme" || !themes.includes(e.data.theme)) return;
    choice.value = e.data.theme;
    apply();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
  apply();
}
