// The conditions of a rule as fields: groups of all or any, and in them an attribute, an operator, a value.
import { BY_ID, EMPTY, OPERATORS, group, leaf, shown, typed } from "./conditions.js";
import { area, button, choice, field, h } from "./dom.js";
import { compact } from "./json.js";

const CHOICES = OPERATORS.map(({ id, label }) => [id, label]);
const ABOUT_ALL = new Set(["segment", "flag"]);
const DEEPEST = 4;

/** Show a group; `view` tells what changed (`typed`) or what is to be drawn anew (`redraw`). */
export function groupView(view, condition, where, place, depth = 0) {
  const several = condition.items.length > 1;
  const steps = several ? [condition.all ? "and" : "or"] : [];
  const items = condition.items.map((item, index) => {
    const inner = several ? `${place}/${steps[0]}/${index}` : place;
    return h("li", {}, itemView(view, condition, item, index, where, inner, depth));
  });
  return h(
    "div",
    { class: "config-group" },
    depth === 0 && h("span", { class: "config-word" }, condition.items.length ? "if " : ""),
    several &&
      choice([["all", "all of these hold"], ["any", "any of these holds"]], condition.all ? "all" : "any", `${where}: how many have to hold`, (value) => {
        condition.all = value === "all";
        view.redraw(`${where}: how many have to hold`);
      }),
    items.length ? h("ul", { class: "config-conditions" }, items) : h("p", { class: "config-note" }, "No condition: everybody who comes to this rule."),
    h(
      "div",
      { class: "config-row" },
      button("Add a condition", () => add(view, condition, leaf(), where), { label: `Add a condition to ${where}`, kind: "config-quiet" }),
      depth < DEEPEST &&
        button("Add a group", () => add(view, condition, group(!condition.all, [leaf(), leaf()]), where), { label: `Add a group to ${where}`, kind: "config-quiet" }),
    ),
  );
}

function add(view, condition, item, where) {
  condition.items.push(item);
  view.redraw(`${where}, condition ${condition.items.length}: ${item.kind === "group" ? "how many have to hold" : "attribute"}`);
}

function itemView(view, parent, item, index, outer, place, depth) {
  const where = `${outer}, condition ${index + 1}`;
  const remove = button("Remove", () => {
    parent.items.splice(index, 1);
    view.redraw(`Add a condition to ${outer}`);
  }, { label: `Remove ${where}`, kind: "config-quiet" });
  if (item.kind === "group") {
    return h("div", { class: "config-nested", role: "group", "aria-label": where, "data-place": place }, groupView(view, item, where, place, depth + 1), remove);
  }
  const parts = item.kind === "custom" ? customParts(item) : leafParts(view, item, where);
  return h("div", { class: "config-condition", role: "group", "aria-label": where, "data-place": place, "data-where": where }, parts, remove);
}

function customParts(item) {
  return [h("span", { class: "config-tag" }, "custom rule"), h("code", { class: "config-code" }, compact(item.rule))];
}

function leafParts(view, item, where) {
  const { takes } = BY_ID.get(item.operator);
  const operator = choice(CHOICES, item.operator, `${where}: operator`, (value) => {
    const next = BY_ID.get(value).takes;
    if (next !== takes) item.value = carried(item.value, next);
    item.operator = value;
    view.redraw(`${where}: operator`);
  });
  const attribute = ABOUT_ALL.has(takes)
    ? null
    : field(item.attribute, `${where}: attribute`, (value) => view.typed(() => (item.attribute = value)), {
        list: "config-attributes", placeholder: "attribute", class: "config-input config-attribute",
      });
  return [attribute, operator, valueView(view, item, takes, where)];
}

/** Keep what was filled in where the next operator can take it. */
function carried(value, takes) {
  const texts = (Array.isArray(value) ? value : [value]).filter((one) => one !== null && one !== "");
  if (takes === "list") return texts;
  if (takes === "texts") return texts.map((one) => (typeof one === "string" ? one : shown(one)));
  if (takes === "one") return texts[0] ?? EMPTY.one;
  if (takes === "text") return texts.length ? (typeof texts[0] === "string" ? texts[0] : shown(texts[0])) : "";
  return EMPTY[takes];
}

function valueView(view, item, takes, where) {
  const label = `${where}: value`;
  const set = (value) => view.typed(() => (item.value = value));
  const { segments, flags } = view.offered;
  const named = (keys) => keys.map((key) => [key, key]);
  switch (takes) {
    case "none":
      return null;
    case "one":
      return field(shown(item.value), label, (text) => set(typed(text)), { placeholder: "value" });
    case "text":
      return field(item.value, label, set, { placeholder: "value" });
    case "list":
      return listView(item.value.map(shown), label, (lines) => set(lines.map(typed)));
    case "texts":
      return listView(item.value, label, set);
    case "segment":
      return choice(named(segments), item.value, `${where}: segment`, set);
    case "flag":
      return h(
        "span",
        { class: "config-row" },
        choice(named(flags), item.value, `${where}: flag`, set),
        field(item.variant, `${where}: variant of the flag`, (value) => view.typed(() => (item.variant = value)), { placeholder: "variant" }),
      );
  }
}

function listView(lines, label, set) {
  const changed = (text) => set(text.split("\n").map((one) => one.trim()).filter(Boolean));
  return area(lines.join("\n"), `${label}, one on each line`, changed, { placeholder: "one on each line", rows: 2 });
}
