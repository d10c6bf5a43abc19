// Light or dark by the reader's choice, and a line in every plot at the instant of the animation.

(() => {
  "use strict";
  const root = document.documentElement, button = document.querySelector(".theme");
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const dark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
  const tell = () => {
    button.textContent = dark() ? "Light page" : "Dark page";
    document.dispatchEvent(new CustomEvent("theme"));
  };
  if (button) {
    button.hidden = false;
    button.addEventListener("click", () => {
      root.dataset.theme = dark() ? "light" : "dark";
      tell();
    });
    system.addEventListener("change", tell);
    tell();
  }
  // What is closed on the screen is open on paper, but for what lies beside the page as files.
  const closed = [];
  window.addEventListener("beforeprint", () => {
    for (const part of document.querySelectorAll("details:not([open]):not(.screen)")) closed.push(part);
    for (const part of closed) part.open = true;
  });
  window.addEventListener("afterprint", () => {
    while (closed.length) closed.pop().open = false;
  });
  const marks = document.querySelectorAll(".plot .now");
  document.addEventListener("stride", (event) => {
    for (const mark of marks) {
      const from = Number(mark.dataset.from), to = Number(mark.dataset.to);
      const x = from + ((to - from) * event.detail) / 100;
      mark.setAttribute("x1", x);
      mark.setAttribute("x2", x);
      mark.style.visibility = "visible";
    }
  });
})();
