// Elements of a page, made without markup: what is filled in is text and nothing else.
import { h } from "../kernel/elements.js";

export { h };

/** Make a button with a word for everybody, and more words for those who do not see what is around it. */
export function button(text, act, { label = null, kind = "", ...more } = {}) {
  return h("button", { type: "button", class: `config-button ${kind}`, onclick: act, "aria-label": label, "data-focus": label ?? text, ...more }, text);
}

/** Make a choice of [value, words]. A value that is none of them is offered, too. */
export function choice(options, value, label, choose, more = {}) {
  const known = options.some(([one]) => one === value);
  const offered = known ? options : [[value, value === "" ? "choose one" : `${value} (not there)`], ...options];
  const select = h(
    "select",
    { class: "config-input", "aria-label": label, onchange: () => choose(select.value), ...more },
    offered.map(([one, words]) => h("option", { value: one }, words)),
  );
  select.value = value;
  return select;
}

/** Make a field of one line. */
export function field(value, label, changed, more = {}) {
  const input = h("input", {
    type: "text", class: "config-input", autocomplete: "off", spellcheck: "false", "aria-label": label,
    oninput: () => changed(input.value), value, ...more,
  });
  return input;
}

/** Make a field that is as high as what is in it. */
export function area(value, label, changed, more = {}) {
  const fit = () => (input.rows = Math.min(12, Math.max(more.rows ?? 1, input.value.split("\n").length)));
  const input = h("textarea", {
    class: "config-input", spellcheck: "false", "aria-label": label,
    oninput: () => {
      fit();
      changed(input.value);
    },
    value, ...more,
  });
  fit();
  return input;
}

/** Call something once nothing has happened for a while. */
export function debounced(work, milliseconds) {
  let timer = 0;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => work(...given), milliseconds);
  };
}

/** Shares of a whole as a bar; the words beside it say the same. */
export function bar(parts) {
  const NS = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(NS, "svg");
  svg.setAttribute("class", "config-bar");
  svg.setAttribute("aria-hidden", "true");
  const total = parts.reduce((sum, one) => sum + one, 0);
  let start = 0;
  parts.forEach((size, index) => {
    const rect = document.createElementNS(NS, "rect");
    const share = total ? (100 * size) / total : 0;
    rect.setAttribute("x", `${start}%`);
    rect.setAttribute("width", `${share}%`);
    rect.setAttribute("height", "100%");
    rect.setAttribute("class", `config-hue-${index % 6}`);
    svg.append(rect);
    start += share;
  });
  return svg;
}

export const percent = (size, total) => (total ? `${Number(((100 * size) / total).toFixed(2))} %` : "-");

/** Say something to those who do not see what has changed. */
export function announce(text) {
  document.getElementById("config-announcer").textContent = text;
}

/** Ask the server; returns its answer with the status. */
export async function ask(url, sent) {
  const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
  const headers = { "Content-Type": "application/json", "X-CSRFToken": token };
  try {
    const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(sent) });
    const type = response.headers.get("Content-Type") ?? "";
    if (!type.includes("json")) return { error: { code: "HTTP", message: `the server says ${response.status}` } };
    return await response.json();
  } catch {
    return { error: { code: "NETWORK", message: "the server cannot be reached" } };
  }
}
