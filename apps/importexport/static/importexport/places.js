// Places outside: named, tried, changed, disabled, forgotten.
import { h } from "../kernel/elements.js";
import { announce, ask, attempt, badge, button, change, graph, nothing, select, told } from "./api.js";
import { many, when } from "./jobs.js";
import { KINDS, settingsOf } from "./place_kinds.js";

const page = document.querySelector("[data-imports]");
const place = page.querySelector("[data-list]");
const FIELDS = "id name kind state settings failures lastError deliveredAt createdAt";
const QUERY = `query($after: String) { dataEndpoints(order: NAME, first: 50, after: $after) {
  nodes { ${FIELDS} } pageInfo { hasNextPage endCursor } } }`;

/** Ask for all of a place; of one that is there, as it is, but for its secret. Returns what the API takes. */
async function askFor(kind, title, yes, now = null) {
  const { asks, secret } = KINDS[kind];
  const field = ([name, label, says, more]) => {
    const value = now?.settings[name] ?? "";
    const id = `place-${name}`;
    const input = h("input", { class: "imp-field", id, name, value: String(value), autocomplete: "off", "aria-describedby": says ? `${id}-says` : null, ...more });
    return h("div", {}, h("label", { for: id }, label), input, says && h("p", { class: "imp-quiet", id: `${id}-says` }, says));
  };
  const kept = now ? "Empty: the one that is kept. Another place takes it anew." : "It is kept encrypted, and shown to nobody.";
  const given = await ask(
    title,
    [
      field(["name", "Name", "", { required: true, maxlength: 100, value: now?.name ?? "" }]),
      asks.map(field),
      secret &&
        h(
          "div",
          {},
          h("label", { for: "place-secret" }, secret),
          // A private key has lines.
          h("textarea", { class: "imp-field imp-code", id: "place-secret", name: "secret", rows: 2, required: !now, autocomplete: "off", spellcheck: "false", "aria-describedby": "place-secret-says" }),
          h("p", { class: "imp-quiet", id: "place-secret-says" }, kept),
        ),
    ],
    { yes },
  );
  if (!given) return null;
  const said = { name: given.name.trim(), settings: settingsOf(kind, given) };
  return given.secret?.trim() ? { ...said, secret: given.secret.trim() } : said;
}

function standing({ state, failures }) {
  if (state === "DISABLED") return badge("Disabled", "imp-bad");
  return failures ? badge(`Failed ${many(failures, "time")}`, "imp-warn") : badge("Used", "imp-good");
}

function row(one) {
  const act = (text, work, kind = "") => button(text, (event) => work(one, event.target.closest("li")), { kind: `imp-small ${kind}`, "aria-label": `${text} ${one.name}` });
  const acts = told.mayWrite && [act("Test", test), act("Edit", edit), one.state === "DISABLED" ? act("Enable", enable) : act("Disable", disable), act("Forget", forget)];
  const facts = [KINDS[one.kind].where(one.settings), one.deliveredAt ? `delivered ${when(one.deliveredAt)}` : "nothing delivered yet"];
  return h(
    "li",
    {},
    h(
      "div",
      {},
      h("strong", {}, one.name),
      " ",
      badge(KINDS[one.kind].title),
      " ",
      standing(one),
      h("p", { class: "imp-quiet" }, facts.join(" · ")),
      one.lastError && h("p", { class: "imp-why" }, one.lastError),
    ),
    h("div", { class: "imp-acts" }, acts),
  );
}

/** Have something done to a place, show it as it is then, and say so; returns what shows it, or nothing. */
async function done(one, shown, field, input, says) {
  let fresh;
  const well = await attempt(async () => ({ dataEndpoint: fresh } = await change(field, { id: one.id, ...input }, `dataEndpoint { ${FIELDS} }`)));
  if (!well) return null;
  const made = row(fresh);
  shown.replaceWith(made);
  made.querySelector("button").focus();
  announce(says);
  return made;
}

async function test(one, shown) {
  const own = shown.querySelector("button");
  own.disabled = true;
  own.textContent = "Testing…";
  const made = await done(one, shown, "testDataEndpoint", {}, `${one.name} can be reached.`);
  if (made) made.firstChild.append(h("p", { class: "imp-quiet" }, "It was reached just now."));
  own.disabled = false;
  own.textContent = "Test";
}

async function edit(one, shown) {
  const given = await askFor(one.kind, `Edit ${one.name}`, "Keep it", one);
  if (given) await done(one, shown, "updateDataEndpoint", given, `${given.name} is kept.`);
}

const enable = (one, shown) => done(one, shown, "enableDataEndpoint", {}, `${one.name} is used again.`);

async function disable(one, shown) {
  const says = h("p", {}, "Nothing goes there any more; what is on its way fails, and may be retried later.");
  if (await ask(`Disable ${one.name}?`, says, { yes: "Disable it", kind: "imp-danger" })) await done(one, shown, "disableDataEndpoint", {}, `${one.name} is disabled.`);
}

async function forget(one, shown) {
  const says = h("p", {}, "Its secret and its deliveries go; what was delivered stays there. What is on its way does not arrive, and imports read nothing from it any more.");
  if (!(await ask(`Forget ${one.name}?`, says, { yes: "Forget it", kind: "imp-danger" }))) return;
  if (!(await attempt(() => change("deleteDataEndpoint", { id: one.id }, "dataEndpoint { id }")))) return;
  const next = shown.nextElementSibling ?? shown.previousElementSibling;
  shown.remove();
  announce(`${one.name} is forgotten.`);
  if (next) next.querySelector("button").focus();
  else load();
}

async function add() {
  const kinds = select(Object.entries(KINDS).map(([value, { title }]) => [value, title]), "S3", { name: "kind" });
  const chosen = await ask("Add a place", h("label", {}, "What is it?", kinds), { yes: "Go on" });
  if (!chosen) return;
  const given = await askFor(chosen.kind, `Add a place: ${KINDS[chosen.kind].title}`, "Add it");
  if (!given) return;
  if (!(await attempt(() => change("createDataEndpoint", { ...given, kind: chosen.kind }, "dataEndpoint { id }")))) return;
  await load();
  announce(`${given.name} is added. A test tells whether it can be reached.`);
}

async function load(after = null) {
  place.setAttribute("aria-busy", "true");
  try {
    const { dataEndpoints: found } = await graph(QUERY, { after });
    const list = after ? place.querySelector("ul") : h("ul", { class: "imp-list", "aria-label": "Places outside" });
    list.append(...found.nodes.map(row));
    const none = nothing("No place is named yet.", "A bucket of S3, a server of SFTP, a webhook, or people with mail: exports are delivered there, and imports read files of the first two.", told.mayWrite && button("Add a place", add, { kind: "imp-primary" }));
    const more = found.pageInfo.hasNextPage && button("Show more", () => load(found.pageInfo.endCursor));
    place.replaceChildren(list.children.length ? list : none, more || "");
  } catch (error) {
    place.replaceChildren(h("p", { class: "imp-problem", role: "alert" }, error.message), button("Try again", () => load(after)));
  } finally {
    place.setAttribute("aria-busy", "false");
  }
}

const head = page.querySelector("[data-add]");
head.append(button("Add a place", add, { kind: "imp-primary" }));
head.hidden = !told.mayWrite;
load();
