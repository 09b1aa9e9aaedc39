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

  // Ticks: kept while the list is paged or sorted, let go when it is asked for something else.
  const ticked = new Set();
  let tickedIn = null;

  function ticks() {
    return Array.from(document.querySelectorAll('#list input[name="pick"]'));
  }

  function showTicks() {
    const bar = document.getElementById("bulk");
    if (!bar) return;
    const all = document.getElementById("take-all");
    const here = ticks();
    here.forEach((box) => (box.checked = all.checked || ticked.has(box.value)));
    document.getElementById("picked").value = Array.from(ticked).join(",");
    const words = ticked.size === 1 ? bar.dataset.one : bar.dataset.many.replace("#", ticked.size);
    document.getElementById("bulk-said").textContent = all.checked ? bar.dataset.everything : words;
    bar.classList.toggle("is-on", all.checked || ticked.size > 0);
    const whole = document.querySelector("[data-tick-all]");
    if (!whole) return;
    const checked = here.filter((box) => box.checked).length;
    whole.checked = here.length > 0 && checked === here.length;
    whole.indeterminate = checked > 0 && checked < here.length;
  }

  function readTicks() {
    const bar = document.getElementById("bulk");
    if (!bar) return;
    if (tickedIn !== null && tickedIn !== bar.dataset.list) ticked.clear();
    // On a page that the browser brings back the boxes are ticked as they were left.
    if (tickedIn === null) ticks().forEach((box) => box.checked && ticked.add(box.value));
    tickedIn = bar.dataset.list;
    showTicks();
  }

  document.addEventListener("change", function (event) {
    const box = event.target;
    if (box.matches('input[name="pick"]')) {
      document.getElementById("take-all").checked = false;
      if (box.checked) ticked.add(box.value);
      else ticked.delete(box.value);
    } else if (box.matches("[data-tick-all]")) {
      document.getElementById("take-all").checked = false;
      ticks().forEach((each) => (box.checked ? ticked.add(each.value) : ticked.delete(each.value)));
    } else if (!box.matches("#take-all")) return;
    showTicks();
    say(document.getElementById("bulk-said").textContent);
  });
  document.addEventListener("htmx:afterSettle", function (event) {
    if (event.target.id === "list" || event.target.id === "bulk") readTicks();
  });
  window.addEventListener("pageshow", readTicks);

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
      return;
    }
    // A question that is refused is answered by a page of its own, instead of a button that seems to do nothing.
    const status = event.detail.xhr.status;
    if (dialog && event.detail.target === dialog && status >= 400 && status !== 422) {
      event.detail.shouldSwap = true;
      event.detail.target = document.body;
      event.detail.swapOverride = "innerHTML";
    }
  });
})();
