// Who gets what, and why: asked of the draft, for one context or for many.
import { ask, bar, button, debounced, field, h, percent, area } from "./dom.js";
import { parse, compact } from "./json.js";
import { shown, typed } from "./conditions.js";
import { nearest } from "./findings.js";

const WAIT_MS = 250;
const MOST_CONTEXTS = 100;
const FIRST = '{"targetingKey": "ann", "email": "ann@example.com"}';

/** What is kept in the browser: the contexts that somebody has tried. */
class Kept {
  constructor(key) {
    this.key = `septet.tester.${key}`;
  }

  read() {
    try {
      return { context: FIRST, many: "", ...JSON.parse(localStorage.getItem(this.key)) };
    } catch {
      return { context: FIRST, many: "" };
    }
  }

  write(change) {
    try {
      localStorage.setItem(this.key, JSON.stringify({ ...this.read(), ...change }));
    } catch {
      // Without room in the browser it is not kept.
    }
  }
}

export class Tester {
  constructor(root, url, { key, builder, definition }) {
    Object.assign(this, { root, url, builder, definition });
    this.kept = new Kept(key);
    this.asRows = true;
    this.asked = 0;
    this.answer = h("div", { class: "config-answer", "aria-live": "polite" });
    this.crowd = h("div", { "aria-live": "polite" });
    this.inputs = h("div");
    this.later = debounced(() => this.#ask(), WAIT_MS);
    this.#draw();
  }

  /** Ask again, once nobody has typed for a moment. */
  again() {
    this.asked += 1;
    this.later();
  }

  #draw() {
    const many = area(this.kept.read().many, "Contexts, one on each line", (text) => this.kept.write({ many: text }), {
      rows: 4, placeholder: '{"targetingKey": "ann"}', class: "config-input config-code",
    });
    this.root.replaceChildren(
      this.inputs,
      this.answer,
      h("details", { class: "config-many" },
        h("summary", {}, "Who gets what, of many"),
        h("p", { class: "config-note" }, `Up to ${MOST_CONTEXTS} contexts, one on each line. They are kept in this browser.`),
        many,
        h("div", { class: "config-row" },
          button("Make 100 of the context above", () => {
            many.value = this.#crowdOf();
            many.dispatchEvent(new Event("input"));
            this.#askMany(many.value);
          }),
          button("Show who gets what", () => this.#askMany(many.value))),
        this.crowd),
    );
    this.#drawInputs();
    this.again();
  }

  #drawInputs() {
    const toggle = button(this.asRows ? "As JSON" : "As rows", () => {
      this.asRows = !this.asRows;
      this.#drawInputs();
      this.inputs.querySelector("[data-focus^='As ']").focus();
    }, { kind: "config-quiet" });
    const rows = this.asRows ? this.#rows() : null;
    if (!rows) this.asRows = false;
    this.inputs.replaceChildren(
      h("div", { class: "config-row config-apart" }, h("h4", {}, "Context"), toggle),
      rows ?? area(this.kept.read().context, "Context as JSON", (text) => this.#changed(text), { rows: 3, class: "config-input config-code" }),
    );
  }

  #changed(text) {
    this.kept.write({ context: text });
    this.again();
  }

  /** The attributes as fields; null where the context is no flat object. */
  #rows() {
    let context;
    try {
      context = parse(this.kept.read().context);
    } catch {
      return null;
    }
    if (!(context instanceof Map)) return null;
    const pairs = [...context].map(([name, value]) => ({ name, value }));
    const save = () => {
      const members = pairs.filter(({ name }) => name).map(({ name, value }) => [name, value]);
      this.#changed(compact(new Map(members)));
    };
    const list = h("ul", { class: "config-pairs" });
    const draw = () => list.replaceChildren(...pairs.map((pair, index) => row(pair, index)));
    const row = (pair, index) => {
      const nested = pair.value instanceof Map || Array.isArray(pair.value) || pair.value === null;
      return h("li", { class: "config-row" },
        field(pair.name, `Attribute ${index + 1}`, (text) => ((pair.name = text), save()), { list: "config-attributes", class: "config-input config-attribute" }),
        nested
          ? h("code", { class: "config-code" }, compact(pair.value))
          : field(shown(pair.value), `Value of attribute ${index + 1}`, (text) => ((pair.value = typed(text)), save())),
        button("Remove", () => (pairs.splice(index, 1), draw(), save(), add.focus()), { label: `Remove attribute ${index + 1}`, kind: "config-quiet" }));
    };
    const add = button("Add an attribute", () => {
      pairs.push({ name: "", value: "" });
      draw();
      list.lastElementChild.querySelector("input").focus();
    }, { kind: "config-quiet" });
    draw();
    return h("div", {}, list, add);
  }

  async #ask() {
    const mine = this.asked;
    const { context } = this.kept.read();
    const answer = await this.#try(`[${context}]`);
    if (mine !== this.asked) return;
    if (answer.error) {
      this.answer.replaceChildren(h("p", { class: "config-note" }, answer.error.message));
      return;
    }
    const [one] = answer.answers;
    this.answer.replaceChildren(
      h("dl", { class: "config-facts" },
        fact("value", h("code", {}, one.reason === "ERROR" || one.variant === null ? "programs' own default" : one.value)),
        fact("variant", one.variant ?? "-"),
        fact("reason", one.errorCode ? `${one.errorCode}: ${one.errorMessage}` : one.reason)),
      this.#steps(one),
    );
  }

  #try(contexts) {
    const definition = this.definition();
    for (const [what, text] of [["context", contexts], ["definition", definition || "{}"]]) {
      try {
        parse(text);
      } catch (error) {
        return { error: { message: `The ${what} is no JSON: ${error.message}` } };
      }
    }
    return ask(this.url, { definition, contexts });
  }

  /** Every operator with what it gave, within the one that asked for it. */
  #steps({ steps }) {
    if (steps.length === 0) return h("p", { class: "config-note" }, "No rule was asked.");
    const ordered = [...steps].sort((a, b) => compare(a.place, b.place));
    const top = h("ul", { class: "config-steps" });
    const open = [{ place: "", list: top }];
    for (const step of ordered) {
      while (!(step.place.startsWith(`${open.at(-1).place}/`) || open.length === 1)) open.pop();
      const item = this.#step(step);
      open.at(-1).list.append(item);
      const list = h("ul");
      item.append(list);
      open.push({ place: step.place, list });
    }
    for (const empty of top.querySelectorAll("ul:empty")) empty.remove();
    return h("details", { class: "config-why", open: true }, h("summary", {}, "Why"), top);
  }

  #step({ place, operator, result, detail }) {
    const where = nearest(this.builder, place)?.dataset.where;
    const bucket = detail?.bucket;
    const number = typeof bucket === "number" ? Number(bucket.toFixed(4)) : bucket;
    return h("li", {},
      where && h("span", { class: "config-note" }, `${where}: `),
      h("code", {}, operator), " gives ", h("code", {}, result),
      bucket !== undefined && ` – bucket ${number}${detail.of ? ` of ${detail.of}` : ""} by ${detail.generation ?? detail.algorithm}`);
  }

  #crowdOf() {
    let context;
    try {
      context = parse(this.kept.read().context);
    } catch {
      context = new Map();
    }
    return Array.from({ length: MOST_CONTEXTS }, (_, index) => compact(new Map([...context, ["targetingKey", `user-${index + 1}`]]))).join("\n");
  }

  async #askMany(text) {
    const lines = text.split("\n").map((one) => one.trim()).filter(Boolean);
    const answer = lines.length > MOST_CONTEXTS
      ? { error: { message: `At most ${MOST_CONTEXTS} contexts, found ${lines.length}` } }
      : await this.#try(`[${lines.join(",")}]`);
    if (answer.error) {
      this.crowd.replaceChildren(h("p", { class: "config-note", role: "alert" }, answer.error.message));
      return;
    }
    const counted = new Map();
    for (const { variant } of answer.answers) counted.set(variant ?? "programs' own default", (counted.get(variant ?? "programs' own default") ?? 0) + 1);
    const sizes = [...counted.values()];
    this.crowd.replaceChildren(
      bar(sizes),
      h("table", { class: "septet-table" },
        h("caption", { class: "septet-sr" }, "How many get which variant"),
        h("thead", {}, h("tr", {}, ["variant", "how many", "share"].map((one) => h("th", { scope: "col" }, one)))),
        h("tbody", {}, [...counted].map(([name, size], index) =>
          h("tr", {}, h("td", {}, h("span", { class: `config-dot config-hue-${index % 6}`, "aria-hidden": "true" }), ` ${name}`), h("td", {}, String(size)), h("td", {}, percent(size, lines.length)))))),
      h("details", {}, h("summary", {}, "Each of them"),
        h("ol", { class: "config-each" }, answer.answers.map((one, index) => h("li", {}, h("code", {}, lines[index]), ` ${one.variant ?? "-"}, ${one.reason}`)))),
    );
  }
}

const fact = (name, value) => h("div", {}, h("dt", {}, name), h("dd", {}, value));

/** Order places as they are read: numbers by size. */
function compare(one, other) {
  const [a, b] = [one.split("/"), other.split("/")];
  for (let index = 0; index < Math.max(a.length, b.length); index += 1) {
    if (a[index] === b[index]) continue;
    if (a[index] === undefined) return -1;
    if (b[index] === undefined) return 1;
    const difference = Number(a[index]) - Number(b[index]);
    return Number.isNaN(difference) ? a[index].localeCompare(b[index]) : difference;
  }
  return 0;
}
