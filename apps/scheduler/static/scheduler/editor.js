// The editor of a schedule: when it would be due, while that is written, and fields for what is done.
import { h } from "../kernel/elements.js";
import { fieldsOf } from "./parameters.js";

const BASE = "/admin/scheduler/jobschedule/";
const PAUSE_MS = 250;
// What each kind has, first the field that says the most.
const FIELDS = { cron: ["cron", "dst_policy"], interval: ["every_seconds", "anchor_at"], once: ["anchor_at"], rule: ["rule", "anchor_at", "dst_policy"], after: ["after_id"] };
const DAYS = ["country", "subdivision", "business_days", "holidays", "except", "roll"].map((part) => `calendar_${part}`);
const ASKED = ["kind", "cron", "every_seconds", "rule", "anchor_at", "after_id", "time_zone", "dst_policy", ...DAYS, "starts_at", "ends_at"];
const by = (name) => document.querySelector(`#id_${name}`);
const told = (field) => (field.type === "checkbox" ? (field.checked ? "on" : "") : field.value);
const own = () => ({ tenant: by("tenant")?.value ?? "", schedule: location.pathname.split("/").at(-3) });

if (by("cron")) {
  watch();
  offer();
  name();
}

async function ask(path, told) {
  const answer = await fetch(`${BASE}${path}/?${new URLSearchParams(told)}`);
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer.json();
}

/** Show when it would be due, below what says so, and hide what its kind has not. */
function watch() {
  const shown = h("section", { class: "sched-preview", id: "sched-preview", "aria-label": "What it says", "aria-live": "polite" });
  let timer = 0;
  let turn = 0;
  const look = async () => {
    turn += 1;
    const mine = turn;
    const field = by(FIELDS[by("kind").value][0]);
    if (!field.value.trim()) {
      tell({});
      shown.replaceChildren(h("p", {}, "Fill it in, and here is when it is due."));
      return;
    }
    const asked = Object.fromEntries(ASKED.map((name) => [name, told(by(name))]));
    const answer = await ask("preview", asked).catch(() => null);
    if (mine !== turn) return;
    tell(answer ?? {});
    shown.replaceChildren(...(answer ? drawn(answer, field) : [h("p", {}, "The server does not answer.")]));
  };
  const change = () => {
    const has = FIELDS[by("kind").value];
    for (const name of new Set(Object.values(FIELDS).flat())) wrapper(by(name)).hidden = !has.includes(name);
    label(by("anchor_at"), by("kind").value === "once" ? "At" : "Counted from");
    wrapper(by(has[0])).after(shown);
    look();
  };
  for (const name of ASKED) {
    by(name).addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(look, PAUSE_MS);
    });
  }
  by("kind").addEventListener("change", change);
  change();
}

/** Let the field that is wrong say so, and no other. */
function tell({ problem, column }) {
  for (const name of ASKED) {
    const wrong = Boolean(problem) && name === column;
    for (const [key, value] of [["aria-invalid", "true"], ["aria-errormessage", "sched-preview"]]) {
      if (wrong) by(name).setAttribute(key, value);
      else by(name).removeAttribute(key);
    }
  }
}

/** Change the words of a label, and leave its mark that something is wanted. */
function label(field, words) {
  const text = [...wrapper(field).querySelector("label").childNodes].find((one) => one.nodeType === Node.TEXT_NODE && one.textContent.trim());
  text.textContent = words;
}

function drawn({ problem, position, error, description, next, findings }, field) {
  if (error) return [h("p", { class: "sched-bad" }, `${error}.`)];
  if (problem) {
    const where = Number.isInteger(position) && h("pre", { "aria-hidden": "true" }, `${field.value}\n${" ".repeat(position)}^`);
    return [where || "", h("p", { class: "sched-bad" }, `${problem}.`)];
  }
  const day = new Intl.DateTimeFormat("en", { weekday: "short" });
  // As Swedes write it, who follow ISO 8601: 2026-06-01 12:00:00.
  const clock = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "medium" });
  const here = (at) => `${day.format(at)} ${clock.format(at)}`;
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const rows = next.map(({ there, at }) => h("tr", {}, h("td", {}, there), h("td", {}, here(new Date(at)))));
  const heads = [by("time_zone").value || "UTC", `here (${zone})`].map((words) => h("th", { scope: "col" }, words));
  return [
    h("h3", {}, description),
    findings.length ? h("ul", {}, findings.map((words) => h("li", {}, `${words}.`))) : "",
    rows.length ? h("table", { class: "septet-table" }, h("thead", {}, h("tr", {}, heads)), h("tbody", {}, rows)) : by("kind").value === "after" ? "" : h("p", { class: "sched-bad" }, "It is never due."),
  ];
}

/** Let the chores of all services be chosen, and fill in what each takes by fields. */
async function offer() {
  const [kind, target, parameters] = ["target_kind", "target", "parameters"].map(by);
  const fields = h("div", { class: "sched-fields" });
  wrapper(parameters).before(fields);
  let offers = null;
  const draw = async () => {
    const chore = kind.value === "chore";
    const graph = kind.value === "graphql";
    if ((chore || graph) && !offers) offers = await ask("offers", own()).catch(() => ({}));
    const chores = offers?.chores ?? [];
    wrapper(target).hidden = kind.value === "event" || kind.value === "ping";
    wrapper(by("document")).hidden = !graph;
    label(target, { chore: "Chore", graphql: "Service", webhook: "Address" }[kind.value] ?? "Target");
    label(parameters, graph ? "Variables" : "Parameters");
    const list = document.querySelector("#sched-chores") ?? h("datalist", { id: "sched-chores" });
    const names = graph ? (offers.services ?? []).map((name) => h("option", { value: name })) : chores.map(({ name, title }) => h("option", { value: name }, title));
    list.replaceChildren(...names);
    target.after(list);
    if (chore || graph) target.setAttribute("list", "sched-chores");
    else target.removeAttribute("list");
    const chosen = chore && chores.find(({ name }) => name === target.value.trim());
    fields.replaceChildren(...(chosen ? [h("p", {}, `${chosen.title}: ${chosen.description}`), ...fieldsOf(chosen.parameters, parameters)] : []));
  };
  kind.addEventListener("change", draw);
  target.addEventListener("change", draw);
  parameters.addEventListener("change", draw);
  by("tenant")?.addEventListener("change", () => {
    offers = null;
    draw();
  });
  await draw();
}

/** Offer the names of schedules while the one that is followed is written. */
function name() {
  const field = by("after_id");
  const list = h("datalist", { id: "sched-names" });
  field.after(list);
  field.setAttribute("list", list.id);
  let timer = 0;
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const { names = [] } = await ask("names", { ...own(), part: field.value }).catch(() => ({}));
      list.replaceChildren(...names.map((value) => h("option", { value })));
    }, PAUSE_MS);
  });
}

/** Return the part of the form that has a field, its label and its words. */
function wrapper(field) {
  return field.closest(".group") ?? field.parentElement;
}
