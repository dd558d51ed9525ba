// Fields for a JSON Schema of an object: what is filled in is written into a text as JSON.
import { h } from "../kernel/elements.js";

const KINDS = { uuid: "text", date: "date", uri: "url", email: "email" };
const MOST_AT_ONCE = 20;

/** Make a field for each member; what none is for stays in the text, which says the rest. */
export function fieldsOf(schema, text) {
  const look = document.querySelector("#id_name").className;
  const members = Object.entries(schema.properties ?? {}).slice(0, MOST_AT_ONCE);
  const now = read(text) ?? {};
  return members.map(([name, member]) => {
    const id = `sched-of-${name}`;
    const required = (schema.required ?? []).includes(name);
    const problem = h("p", { class: "sched-bad", id: `${id}-problem` });
    const field = made(member, now[name], { id, class: look, "aria-describedby": problem.id, "aria-required": required });
    field.addEventListener("input", () => {
      const told = read(text) ?? {};
      try {
        const value = valueOf(field, member);
        if (value === undefined) delete told[name];
        else told[name] = value;
        problem.textContent = "";
        text.value = JSON.stringify(told, null, 2);
      } catch (error) {
        problem.textContent = `${error.message}.`;
      }
    });
    return h("div", {}, h("label", { for: id }, member.title ?? words(name), required && " *"), field, member.description && h("p", {}, member.description), problem);
  });
}

function made(member, value, attributes) {
  if (member.enum) {
    const options = ["", ...member.enum].map((one) => h("option", { value: one, selected: one === value }, one === "" ? "-" : String(one)));
    return h("select", attributes, options);
  }
  if (member.type === "boolean") {
    const options = [["", "-"], ["true", "yes"], ["false", "no"]].map(([one, shown]) => h("option", { value: one, selected: one === String(value ?? "") }, shown));
    return h("select", attributes, options);
  }
  if (member.type === "integer" || member.type === "number") {
    return h("input", { ...attributes, type: "number", min: member.minimum, max: member.maximum, step: member.type === "integer" ? 1 : "any", value: value ?? "" });
  }
  if (isLines(member)) return h("textarea", { ...attributes, rows: 3, placeholder: "one a line", value: (value ?? []).join("\n") });
  if (member.type === "string") {
    return h("input", { ...attributes, type: KINDS[member.format] ?? "text", maxlength: member.maxLength, pattern: member.pattern, value: value ?? "" });
  }
  return h("textarea", { ...attributes, rows: 3, placeholder: "JSON", value: value === undefined ? "" : JSON.stringify(value, null, 2) });
}

/** Return what a field holds; undefined if nothing. */
function valueOf(field, member) {
  const held = field.value;
  if (held.trim() === "") return undefined;
  if (member.enum) return member.enum.find((one) => String(one) === held);
  if (member.type === "boolean") return held === "true";
  if (member.type === "integer" || member.type === "number") return Number(held);
  if (isLines(member)) return held.split("\n").map((line) => line.trim()).filter(Boolean);
  if (member.type === "string") return held;
  try {
    return JSON.parse(held);
  } catch {
    throw new Error("This is no JSON");
  }
}

function isLines(member) {
  return member.type === "array" && member.items?.type === "string";
}

function read(text) {
  try {
    const found = JSON.parse(text.value || "{}");
    return found && typeof found === "object" && !Array.isArray(found) ? found : null;
  } catch {
    return null;
  }
}

function words(name) {
  const told = name.replaceAll("_", " ");
  return told[0].toUpperCase() + told.slice(1);
}
