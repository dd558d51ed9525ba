// The versions of a template, and what each of them changed.
import { h } from "../kernel/elements.js";
import { announce, ask, badge, button, change, graph, timeOf } from "./api.js";

const LIST = `query($id: ID!, $after: String) {
  found: documentTemplateVersions(filter: {templateId: $id}, first: 20, after: $after) {
    nodes { id number state note authorName savedAt publishedAt } pageInfo { hasNextPage endCursor } } }`;
const ONE = "query($id: ID!) { found: documentTemplateVersion(id: $id) { number body markdown schema sample assets { name fileId version gallery } upload { fileId fileVersion state kind } } }";
const DIFFERENCES = `query($id: ID!, $before: Int!, $after: Int!) {
  found: documentTemplateDifferences(id: $id, before: $before, after: $after) { place verb before after } }`;
const KINDS = { DRAFT: "docs-busy", PUBLISHED: "docs-good", WITHDRAWN: "docs-warn" };
const VERBS = { added: "docs-good", removed: "docs-bad", changed: "docs-busy" };
/** Of a value that is shown; nobody compares more by eye. */
const MOST_SHOWN = 2_000;
const WORD = /[\p{L}\p{N}]/u;
/** What is left of a text on both sides of what is otherwise in it. */
const AROUND = 80;

function said(value) {
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 1);
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
}

/** Return two texts as they are shown beside each other: what one lacks is marked in the other. */
function marked(was, is) {
  const most = Math.min(was.length, is.length);
  let start = 0;
  while (start < most && was[start] === is[start]) start += 1;
  let end = 0;
  while (end < most - start && was.at(-1 - end) === is.at(-1 - end)) end += 1;
  // Words as a whole: the end of one that was replaced may be that of another.
  while (start > 0 && WORD.test(was[start - 1])) start -= 1;
  while (end > 0 && WORD.test(was.at(-end))) end -= 1;
  const before = start > AROUND ? `…${was.slice(start - AROUND, start)}` : was.slice(0, start);
  const tail = was.slice(was.length - end);
  const after = end > AROUND ? `${tail.slice(0, AROUND)}…` : tail;
  return [was, is].map((text) => [before, h("mark", {}, said(text.slice(start, text.length - end))), after]);
}

/** Return what was and what is, of one place. */
function changeOf({ verb, before, after }) {
  if (verb !== "changed") return [h(verb === "added" ? "ins" : "del", {}, said(verb === "added" ? after : before))];
  const texts = [before, after].map((one) => (typeof one === "string" ? one : JSON.stringify(one, null, 1)));
  const [was, is] = marked(...texts);
  return [h("del", {}, was), h("ins", {}, is)];
}

export class Versions {
  constructor(place, id, { use, take, again, failed }) {
    Object.assign(this, { place, id, use, take, again, failed });
  }

  /** Show them from the newest on. */
  async load(after = null) {
    const { found } = await graph(LIST, { id: this.id, after });
    this.known = after ? [...this.known, ...found.nodes] : found.nodes;
    const rows = this.known.map((one, index) => this.row(one, this.known[index + 1]));
    const more = found.pageInfo.hasNextPage ? [h("li", {}, button("Older ones", () => this.tried(() => this.load(found.pageInfo.endCursor))))] : [];
    this.place.replaceChildren(...rows, ...more);
  }

  row(one, older) {
    const when = new Date(one.publishedAt ?? one.savedAt);
    const changes = h("div", { class: "docs-changes" });
    return h(
      "li",
      {},
      h("div", { class: "docs-bar" }, h("strong", {}, `Version ${one.number}`), badge(one.state.toLowerCase(), KINDS[one.state]), h("span", { class: "docs-quiet" }, `${one.authorName || "the platform"}, `, timeOf(when))),
      one.note && h("p", {}, one.note),
      h(
        "div",
        { class: "docs-acts" },
        older && button("What it changed", () => this.tried(() => this.compare(older.number, one.number, changes)), { kind: "docs-small", "aria-label": `What it changed: version ${one.number}` }),
        this.use() && one.state !== "DRAFT" && button("Take into the editor", () => this.tried(async () => this.take((await graph(ONE, { id: one.id })).found)), { kind: "docs-small", "aria-label": `Take into the editor: version ${one.number}` }),
        this.use() && one.state === "PUBLISHED" && button("Withdraw", () => this.tried(() => this.withdraw(one)), { kind: "docs-small", "aria-label": `Withdraw version ${one.number}` }),
      ),
      changes,
    );
  }

  async withdraw({ id, number }) {
    const says = "No document is made of it any more, and it cannot be undone. What names no version is made of the newest that is published then.";
    if (!(await ask(`Withdraw version ${number}?`, [], { yes: "Withdraw it", says }))) return;
    await change("withdrawDocumentTemplateVersion", { id }, "documentTemplateVersion { id }");
    await this.again();
    announce(`Version ${number} is withdrawn.`);
  }

  async compare(before, after, place) {
    if (place.children.length) return place.replaceChildren();
    const { found } = await graph(DIFFERENCES, { id: this.id, before, after });
    const rows = found.map((one) => h("li", {}, h("code", {}, one.place), " ", badge(one.verb, VERBS[one.verb]), changeOf(one)));
    place.replaceChildren(rows.length ? h("ul", {}, rows) : h("p", { class: "docs-quiet" }, "Nothing that documents are made of."));
  }

  async tried(work) {
    try {
      await work();
    } catch (error) {
      this.failed(error.message);
    }
  }
}
