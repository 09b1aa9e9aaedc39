// What is nicer with script. Every page works without it.
(function () {
  "use strict";

  const root = document.documentElement;
  const body = document.body;
  const dialog = document.getElementById("dialog");
  const YEAR = 365 * 24 * 3600;

  root.classList.add("has-script");

  function say(words) {
    const said = document.getElementById("said");
    if (said) said.textContent = words;
  }

  function keep(name, value) {
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `${name}=${value}; Path=/; Max-Age=${YEAR}; SameSite=Lax${secure}`;
  }

  // Light and dark: at once, and kept for the server to write into the next page.
  document.addEventListener("submit", function (event) {
    if (!event.target.matches("[data-theme-form]")) return;
    event.preventDefault();
    const next = root.dataset.bsTheme === "dark" ? "light" : "dark";
    root.dataset.bsTheme = next;
    keep("theme", next);
  });

  // A form that must not be sent twice. The server would notice too; this spares the question.
  document.addEventListener("submit", function (event) {
    if (!event.target.matches("[data-once]")) return;
    if (event.target.dataset.sent) event.preventDefault();
    event.target.dataset.sent = "yes";
  });
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("[data-once]").forEach((form) => delete form.dataset.sent);
  });

  document.addEventListener("click", function (event) {
    const copy = event.target.closest("[data-copy]");
    if (copy) return copyFrom(copy);
    if (event.target.closest("[data-close]") && dialog && dialog.open) {
      event.preventDefault();
      return dialog.close();
    }
    if (event.target.closest("[data-keys-toggle]")) return toggleKeys(event.target.closest("[data-keys-toggle]"));
    if (event.target === dialog) return dialog.close();
    document.querySelectorAll("details.menu[open]").forEach(function (menu) {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });

  function copyFrom(button) {
    navigator.clipboard.writeText(button.dataset.copy).then(function () {
      button.classList.add("good");
      say("✓ " + (button.dataset.copied || button.dataset.copy));
      setTimeout(() => button.classList.remove("good"), 1500);
    });
  }

  // Single keys. They can be switched off (WCAG 2.1.4), and never act while somebody types.
  function toggleKeys(button) {
    const off = body.dataset.keys !== "off";
    if (off) body.dataset.keys = "off";
    else delete body.dataset.keys;
    button.setAttribute("aria-pressed", String(off));
    keep("keys", off ? "off" : "on");
  }

  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape") {
      document.querySelectorAll("details.menu[open]").forEach(function (menu) {
        menu.open = false;
        menu.querySelector("summary").focus();
      });
    }
    if (body.dataset.keys === "off" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, select, textarea, dialog[open]")) return;
    if (event.key === "n" && body.dataset.new) {
      event.preventDefault();
      location.href = body.dataset.new;
      return;
    }
    const target = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (!target) return;
    event.preventDefault();
    if (target.matches("input")) target.focus();
    else target.click();
  });

  // A question opens in the dialog; an answer with mistakes stays in it.
  document.addEventListener("htmx:afterSwap", function (event) {
    if (event.target !== dialog) return;
    if (!dialog.open) dialog.showModal();
    const first = dialog.querySelector("[aria-invalid=true], [autofocus], input:not([type=hidden]), textarea, button");
    if (first) first.focus();
  });
  if (dialog) dialog.addEventListener("close", () => dialog.replaceChildren());

  // Say what a swapped list now holds: it was not read out by being replaced.
  document.addEventListener("htmx:afterSettle", function (event) {
    const part = event.target.closest ? event.target.closest("[data-say]") : null;
    if (part) say(part.dataset.say.replace(/\s+/g, " ").trim());
  });

  // The session ended meanwhile: lead to the sign-in page instead of putting it into a part of this one.
  document.addEventListener("htmx:beforeSwap", function (event) {
    const answered = event.detail.xhr.responseURL;
    if (answered && new URL(answered).pathname === "/sign-in/") {
      event.detail.shouldSwap = false;
      location.reload();
    }
  });
})();
