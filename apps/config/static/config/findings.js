// What the server finds wrong with the draft, each with its place, which leads there.
import { ask, debounced, h } from "./dom.js";

const WAIT_MS = 350;

export class Findings {
  /** `builder` is where places are looked for; `settled` is called with how many errors there are. */
  constructor(root, url, { builder, settled }) {
    Object.assign(this, { root, url, builder, settled });
    this.asked = 0;
    this.later = debounced((text) => this.#look(text), WAIT_MS);
  }

  /** Look at a definition once nobody has typed for a moment. */
  look(text) {
    this.asked += 1;
    this.later(text);
  }

  /** Show what is wrong without asking, as after a refusal. */
  show(findings) {
    this.asked += 1;
    this.#draw(findings);
  }

  async #look(text) {
    const mine = this.asked;
    const answer = await ask(this.url, { definition: text });
    // Somebody has gone on typing: a later answer counts.
    if (mine !== this.asked) return;
    if (answer.error && !answer.error.findings) this.#say(answer.error.message);
    else this.#draw(answer.findings ?? answer.error.findings);
  }

  #say(message) {
    this.root.replaceChildren(h("p", { class: "config-note" }, `Nothing could be checked: ${message}.`));
  }

  #draw(findings) {
    for (const marked of this.builder.querySelectorAll(".config-marked")) marked.classList.remove("config-marked", "config-wrong");
    const errors = findings.filter(({ severity }) => severity === "error").length;
    this.settled(errors);
    if (findings.length === 0) {
      this.root.replaceChildren(h("p", { class: "config-fine" }, "Checked: nothing is wrong with it."));
      return;
    }
    this.root.replaceChildren(h("ul", { class: "config-findings" }, findings.map((one) => this.#finding(one))));
  }

  #finding({ place, here, message, severity }) {
    const at = here ? nearest(this.builder, place) : null;
    at?.classList.add("config-marked", ...(severity === "error" ? ["config-wrong"] : []));
    const where = here ? (at?.dataset.where ?? (place || "the definition")) : place;
    const go = () => (at.querySelector("input, select, textarea, button") ?? at).focus();
    return h("li", { class: `config-finding config-${severity}` },
      h("strong", {}, severity), " ",
      at ? h("button", { type: "button", class: "config-place", onclick: go }, where) : h("code", {}, where),
      ` ${message} `,
      h("code", { class: "config-pointer" }, place || "/"));
  }
}

/** Return the smallest part that shows what is at a pointer. */
export function nearest(root, pointer) {
  let found = null;
  for (const part of root.querySelectorAll("[data-place]")) {
    const { place } = part.dataset;
    const around = pointer === place || pointer.startsWith(`${place}/`);
    if (around && (found === null || place.length >= found.dataset.place.length)) found = part;
  }
  return found;
}
