// What is done to the texts of a column before they are checked: a list of steps, each with its own parameters.
import { h } from "../kernel/elements.js";
import { button, select } from "./api.js";

const WORDS = (text) => text.split(",").map((one) => one.trim()).filter(Boolean);
const text = (name, label, more = {}) => ({ name, label, read: (value) => value, show: (value) => value ?? "", ...more });
const choice = (name, label, options) => ({ ...text(name, label), options });
const words = (name, label, usual = []) => ({ name, label, usual, read: WORDS, show: (value) => (value ?? usual).join(", ") });

const pairs = (written) =>
  Object.fromEntries(
    written
      .split("\n")
      .filter((line) => line.includes("="))
      .map((line) => {
        const at = line.indexOf("=");
        return [line.slice(0, at).trim(), line.slice(at + 1).trim()];
      }),
  );

/** By its name in the API: what it is called, and its parameters. */
const KINDS = {
  trim: ["Trim spaces at the ends", []],
  collapse: ["One space for several", []],
  case: ["Change case", [choice("to", "To", [["upper", "UPPER"], ["lower", "lower"], ["title", "Title"]])]],
  replace: ["Replace letters", [text("old", "This", { required: true }), text("new", "By that")]],
  affix: ["Add before or after", [text("prefix", "Before"), text("suffix", "After")]],
  split: ["Take one piece", [text("separator", "Between pieces", { required: true }), { name: "take", label: "Which: 0 the first, -1 the last", type: "number", read: (value) => Number(value) || 0, show: (value) => value ?? 0 }]],
  join: ["Join columns behind", [words("columns", "Columns, with commas between"), text("separator", "Between them", { usual: " " })]],
  default: ["Fill empty cells", [text("text", "With", { required: true })]],
  number: ["Parse a number", [text("decimal", "Decimal sign", { usual: "." }), text("thousands", "Between thousands"), words("units", "Units to leave out")]],
  boolean: ["Parse yes and no", [words("true", "Words for yes", ["yes"]), words("false", "Words for no", ["no"])]],
  date: ["Parse a date", [choice("order", "Order", [["day_first", "Day first"], ["month_first", "Month first"]]), text("format", "Or a format, such as %d.%m.%Y")]],
  lookup: ["Look up in a table", [{ name: "table", label: "One to a line: code = value", rows: 4, read: pairs, show: (value) => Object.entries(value ?? {}).map((pair) => pair.join(" = ")).join("\n") }, choice("otherwise", "What is not in it", [["refuse", "Is refused"], ["keep", "Stays"], ["empty", "Becomes empty"]])]],
  expression: ["Compute by an expression", [text("text", 'Of value and row["Header"]', { required: true, code: true })]],
};

export const nameOf = ({ name }) => KINDS[name]?.[0] ?? name;

/** Make an empty step of a kind. */
function step(name) {
  const made = { name };
  for (const one of KINDS[name][1]) {
    if (one.options) [[made[one.name]]] = one.options;
    else made[one.name] = one.read(one.usual === undefined ? "" : [one.usual].flat().join(", "));
    if (one.usual !== undefined && !Array.isArray(one.usual)) made[one.name] = one.usual;
  }
  return made;
}

/** The steps of one field; `changed` is told when they change. */
export class Transforms {
  constructor(field, steps, { writes, changed }) {
    Object.assign(this, { field, steps: structuredClone(steps), writes, changed });
    this.place = h("div", { class: "imp-part" });
    this.draw();
  }

  draw() {
    const rows = this.steps.map((one, index) => this.row(one, index));
    const list = rows.length ? h("ol", { class: "imp-transforms" }, rows) : h("p", { class: "imp-quiet" }, "Its texts are taken as they are.");
    const adder = this.writes && select([["", "Add a step…"], ...Object.entries(KINDS).map(([name, [title]]) => [name, title])], "", { "aria-label": `Add a step for ${this.field}`, onchange: ({ target }) => this.add(target.value) });
    this.place.replaceChildren(list, adder || "");
  }

  add(name) {
    if (!name) return;
    this.steps.push(step(name));
    this.draw();
    this.changed();
    const row = this.place.querySelector(".imp-transforms > li:last-child");
    (row.querySelector("input, select, textarea") ?? row.querySelector("button")).focus();
  }

  row(one, index) {
    const [title, parameters] = KINDS[one.name] ?? [one.name, []];
    const acts =
      this.writes &&
      h(
        "span",
        { class: "imp-acts" },
        index > 0 && button("Up", () => this.move(index), { kind: "imp-small", "aria-label": `${title}: one up` }),
        button("Remove", () => this.remove(index), { kind: "imp-small", "aria-label": `Remove: ${title}` }),
      );
    return h("li", {}, h("div", { class: "imp-bar" }, h("strong", {}, title), acts), parameters.map((each) => this.parameter(one, each)));
  }

  parameter(one, { name, label, options, rows, type = "text", read, show, code }) {
    const set = ({ target }) => {
      one[name] = read(target.value);
      this.changed();
    };
    const more = { disabled: !this.writes, oninput: set };
    if (options) return h("label", {}, label, select(options, one[name], more));
    const written = { class: `imp-field${code ? " imp-code" : ""}`, value: show(one[name]), maxlength: rows ? null : 1000, ...more };
    return h("label", {}, label, rows ? h("textarea", { rows, ...written }) : h("input", { type, autocomplete: "off", ...written }));
  }

  move(index) {
    this.steps.splice(index - 1, 0, ...this.steps.splice(index, 1));
    this.draw();
    this.changed();
    this.place.querySelectorAll(".imp-transforms > li")[index - 1].querySelector("button").focus();
  }

  remove(index) {
    this.steps.splice(index, 1);
    this.draw();
    this.changed();
    this.place.querySelector("select[aria-label]").focus();
  }
}
