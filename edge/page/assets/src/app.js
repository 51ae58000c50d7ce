// Adds comfort to pages that already work without it: copy buttons, counters, list filters, menus
// that close, theme without a reload, charts. Everything hangs on data attributes.
(() => {
  "use strict";
  const $ = (sel, from = document) => from.querySelector(sel);
  const $$ = (sel, from = document) => Array.from(from.querySelectorAll(sel));

  // Copy: takes the text of the nearest [data-copy-text]; without clipboard access it selects it.
  async function copy(button) {
    const source = $("[data-copy-text]", button.closest(".copy, .code"));
    const word = $("[data-copy-word]", button);
    try {
      await navigator.clipboard.writeText(source.textContent);
    } catch {
      getSelection().selectAllChildren(source);
      return;
    }
    const before = word.textContent;
    if (button.dataset.copied) return;
    button.dataset.copied = "yes";
    word.textContent = document.body.dataset.copied;
    setTimeout(() => { word.textContent = before; delete button.dataset.copied; }, 1600);
  }

  function count(area) {
    const out = document.getElementById(area.dataset.count);
    if (out) out.textContent = area.maxLength - [...area.value].length;
  }

  function filter(input) {
    const want = input.value.trim().toLowerCase();
    const root = input.closest("fieldset, form, section");
    for (const item of $$("[data-filter-item]", root)) {
      item.hidden = want !== "" && !item.textContent.toLowerCase().includes(want);
    }
    for (const group of $$("[data-filter-group]", root)) {
      group.hidden = !$("[data-filter-item]:not([hidden])", group);
    }
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) copy(button);
    for (const menu of $$("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of $$("details.menu[open]")) {
      menu.open = false;
      $("summary", menu).focus();
    }
  });
  document.addEventListener("input", (event) => {
    if (event.target.matches("[data-count]")) count(event.target);
    if (event.target.matches("[data-filter]")) filter(event.target);
  });
  document.addEventListener("submit", async (event) => {
    if (!event.target.matches("[data-theme-form]") || !event.submitter) return;
    event.preventDefault();
    const body = new URLSearchParams(new FormData(event.target));
    const theme = event.submitter.value;
    body.set("theme", theme);
    if (theme) document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
    for (const b of $$("[data-theme-form] button")) b.setAttribute("aria-pressed", String(b.value === theme));
    redraw();
    // The answer leads back to this page, which is already right; only the cookie matters.
    await fetch(event.target.action, { method: "POST", body, redirect: "manual" }).catch(() => {});
  });

  // Passkeys (https://www.w3.org/TR/webauthn-3/). The form's address for beginning gives the options,
  // the browser the answer, and the form is sent with it like any other. What to say when that fails
  // stands in the form already, hidden, under the browser's name for the error.
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const letters = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const named = (list) => list?.map((one) => ({ ...one, id: bytes(one.id) }));

  function answer(credential) {
    const from = credential.response, response = {};
    for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (from[part]) response[part] = letters(from[part]);
    }
    if (from.getTransports) response.transports = from.getTransports();
    return { id: credential.id, rawId: letters(credential.rawId), type: credential.type, clientExtensionResults: {}, response };
  }

  async function passkey(form) {
    const say = (name, text) => {
      const all = $$("[data-passkey-fault]", form);
      const one = all.find((f) => f.dataset.passkeyFault === name) ?? all.find((f) => name && f.dataset.passkeyFault === "other");
      for (const f of all) f.hidden = f !== one;
      if (one && text) $("p", one).textContent = text;
    };
    if (form.dataset.busy) return;
    form.dataset.busy = "yes";
    say("");
    try {
      const got = await (await fetch(form.dataset.begin, { method: "POST" })).json();
      if (got.go) return location.assign(got.go);
      if (got.detail) return say("said", got.detail);
      const { publicKey: asked } = got.options;
      const publicKey = { ...asked, challenge: bytes(asked.challenge) };
      if (asked.user) publicKey.user = { ...asked.user, id: bytes(asked.user.id) };
      if (asked.excludeCredentials) publicKey.excludeCredentials = named(asked.excludeCredentials);
      if (asked.allowCredentials) publicKey.allowCredentials = named(asked.allowCredentials);
      const credential = await navigator.credentials[form.dataset.passkey]({ publicKey });
      form.elements.exchange.value = got.exchange;
      form.elements.credential.value = JSON.stringify(answer(credential));
      form.submit();
    } catch (error) {
      say(error.name);
    } finally {
      delete form.dataset.busy;
    }
  }
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-passkey]")) return;
    event.preventDefault();
    passkey(event.target);
  });

  // Charts. uPlot draws on a canvas; colours come from the stylesheet so that themes apply.
  const drawn = new Map();
  const shorten = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
  const whole = new Intl.NumberFormat("en");
  const utc = (options) => {
    const f = new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", ...options });
    return (seconds) => f.format(new Date(seconds * 1000));
  };

  function draw(box) {
    const data = JSON.parse(box.dataset.chart);
    if (!window.uPlot || data.times.length === 0) return;
    box.hidden = false;
    const table = $("[data-chart-table]", box.parentElement);
    if (table && !drawn.has(box)) table.open = false;
    drawn.get(box)?.destroy();
    box.replaceChildren();

    const style = getComputedStyle(box);
    const axis = style.color, grid = style.borderTopColor, font = "11px " + getComputedStyle(document.body).fontFamily;
    const colours = $$("[data-swatch]", box.parentElement).map((s) => getComputedStyle(s).color);
    const values = data.series.map((s) => s.values.slice());
    if (data.stack) for (let i = 1; i < values.length; i++) values[i] = values[i].map((v, k) => v + values[i - 1][k]);
    // The tallest sum is drawn first so that the others lie on top of it.
    const order = data.stack ? values.map((_, i) => values.length - 1 - i) : values.map((_, i) => i);
    const clock = data.daily ? utc({ day: "numeric", month: "short" }) : utc({ hour: "2-digit", minute: "2-digit" });
    const full = data.daily ? utc({ weekday: "short", day: "numeric", month: "short" }) : utc({ day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
    const faint = (colour, part) => `color-mix(in oklab, ${colour} ${part}%, transparent)`;
    const bars = data.stack ? uPlot.paths.bars({ size: [0.72, 28], radius: 0.12 }) : uPlot.paths.spline();

    const tip = document.createElement("div");
    tip.className = "chart-tip";
    tip.hidden = true;
    const plot = new uPlot({
      width: box.clientWidth, height: box.clientHeight, padding: [10, 8, 0, 0],
      legend: { show: false },
      cursor: { y: false, points: { size: 7 }, drag: { x: false, y: false } },
      scales: {
        x: { time: true, range: (u, lo, hi) => { const half = data.stack && data.times.length > 1 ? (data.times[1] - data.times[0]) / 2 : 0; return [lo - half, hi + half]; } },
        y: { range: (u, lo, hi) => [0, Math.max(hi * 1.12, 4)] },
      },
      axes: [
        { stroke: axis, font, grid: { show: false }, ticks: { show: false }, gap: 6, size: 28, space: 64, values: (u, at) => at.map(clock), incrs: data.daily ? [86400, 172800, 604800, 1209600, 2592000] : undefined },
        { stroke: axis, font, grid: { stroke: grid, width: 1 }, ticks: { show: false }, gap: 6, size: 42, space: 36, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 1e7, 1e8], values: (u, at) => at.map((v) => shorten.format(v)) },
      ],
      series: [{}, ...order.map((i) => ({
        label: data.series[i].name, stroke: colours[i], width: data.stack ? 0 : 1.75, paths: bars,
        fill: data.stack ? colours[i] : faint(colours[i], 10), points: { show: false },
      }))],
      hooks: {
        setCursor: [(u) => {
          const i = u.cursor.idx;
          tip.hidden = i == null || u.cursor.left < 0;
          if (tip.hidden) return;
          const head = document.createElement("div");
          head.textContent = full(data.times[i]) + " UTC";
          tip.replaceChildren(head, ...data.series.map((s) => {
            const line = document.createElement("div"), n = document.createElement("b");
            n.textContent = whole.format(s.values[i] ?? 0);
            line.append(n, " " + s.name);
            return line;
          }));
          const left = u.over.offsetLeft + u.cursor.left;
          tip.style.left = Math.max(0, left + 14 + tip.offsetWidth > box.clientWidth ? left - tip.offsetWidth - 14 : left + 14) + "px";
        }],
      },
    }, [data.times, ...order.map((i) => values[i])], box);
    box.append(tip);
    drawn.set(box, plot);
  }

  function redraw() {
    for (const box of drawn.keys()) {
      if (box.isConnected) draw(box);
      else { drawn.get(box).destroy(); drawn.delete(box); }
    }
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  const resized = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      const plot = drawn.get(target);
      if (plot && target.clientWidth && plot.width !== target.clientWidth) plot.setSize({ width: target.clientWidth, height: target.clientHeight });
    }
  });

  function enhance(root) {
    for (const b of $$("[data-copy], [data-filter]", root)) b.hidden = false;
    for (const area of $$("[data-count]", root)) count(area);
    const part = window.PublicKeyCredential ? "[data-passkey-able]" : "[data-passkey-unable]";
    for (const form of $$("[data-passkey]", root)) $$(part, form).forEach((one) => { one.hidden = false; });
    for (const box of $$("[data-chart]", root)) { draw(box); resized.observe(box); }
  }
  enhance(document);
  document.addEventListener("htmx:load", (event) => enhance(event.detail.elt));
})();
